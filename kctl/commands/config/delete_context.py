"""`kctl config delete-context`."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.config.shared import load, remove
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    config = load(args)
    line = remove(args, "contexts", "context", config)
    if config["current-context"] == args.positional[0]:
        ctx.err.write(
            'warning: this removed your active context, use "kctl config use-context" to select '
            "a different one\n"
        )
    ctx.say(line)
    return 0


COMMAND = Command(
    name="delete-context",
    summary="Delete the specified context from the kubeconfig",
    usage="delete-context NAME",
    examples="kctl config delete-context lab",
    options=(),
    run=run,
)
