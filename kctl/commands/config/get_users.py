"""`kctl config get-users`."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.config.shared import print_names
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    return print_names(ctx, args, "users")


COMMAND = Command(
    name="get-users",
    summary="Display users defined in the kubeconfig",
    examples="kctl config get-users",
    options=(),
    run=run,
)
