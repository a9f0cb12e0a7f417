"""`kctl config current-context`."""

from __future__ import annotations

from kctl.commands.command import Command, UsageError
from kctl.commands.config.shared import load
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    current = load(args)["current-context"]
    if not current:
        raise UsageError("current-context is not set")
    ctx.say(current)
    return 0


COMMAND = Command(
    name="current-context",
    summary="Display the current-context",
    examples="kctl config current-context",
    options=(),
    run=run,
)
