"""`kctl config use-context`."""

from __future__ import annotations

from kctl.commands import kubeconfig
from kctl.commands.command import Command, UsageError
from kctl.commands.config.shared import exactly, load, save
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = exactly(args, 1)[0]
    config = load(args)
    if kubeconfig.find(config, "contexts", name) is None:
        raise UsageError(f'no context exists with the name: "{name}"')
    config["current-context"] = name
    save(args, config)
    ctx.say(f'Switched to context "{name}".')
    return 0


COMMAND = Command(
    name="use-context",
    summary="Set the current-context in a kubeconfig file",
    usage="use-context CONTEXT_NAME",
    examples="# Work on the control plane of the lab\nkctl config use-context lab",
    options=(),
    run=run,
)
