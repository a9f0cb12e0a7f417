"""`kctl config rename-context`."""

from __future__ import annotations

from kctl.commands import kubeconfig
from kctl.commands.command import Command, UsageError
from kctl.commands.config.shared import exactly, load, path_of, save
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    old, new = exactly(args, 2)
    config = load(args)
    entry = kubeconfig.find(config, "contexts", old)
    if entry is None:
        raise UsageError(f'cannot rename the context "{old}", it\'s not in {path_of(args)}')
    if kubeconfig.find(config, "contexts", new) is not None:
        raise UsageError(
            f'cannot rename the context "{old}", the context "{new}" already exists in '
            f"{path_of(args)}"
        )
    entry["name"] = new
    if config["current-context"] == old:
        config["current-context"] = new
    save(args, config)
    ctx.say(f'Context "{old}" renamed to "{new}".')
    return 0


COMMAND = Command(
    name="rename-context",
    summary="Rename a context from the kubeconfig file",
    usage="rename-context CONTEXT_NAME NEW_NAME",
    examples="kctl config rename-context home lab",
    options=(),
    run=run,
)
