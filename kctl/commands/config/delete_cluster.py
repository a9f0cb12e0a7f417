"""`kctl config delete-cluster`."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.config.shared import remove
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    ctx.say(remove(args, "clusters", "cluster"))
    return 0


COMMAND = Command(
    name="delete-cluster",
    summary="Delete the specified cluster from the kubeconfig",
    usage="delete-cluster NAME",
    examples="kctl config delete-cluster lab",
    options=(),
    run=run,
)
