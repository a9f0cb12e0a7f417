"""`kctl config delete-user`."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.config.shared import remove
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    ctx.say(remove(args, "users", "user"))
    return 0


COMMAND = Command(
    name="delete-user",
    summary="Delete the specified user from the kubeconfig",
    usage="delete-user NAME",
    examples="kctl config delete-user lab",
    options=(),
    run=run,
)
