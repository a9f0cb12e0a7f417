"""`kctl config get-clusters`."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.config.shared import print_names
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    return print_names(ctx, args, "clusters")


COMMAND = Command(
    name="get-clusters",
    summary="Display clusters defined in the kubeconfig",
    examples="kctl config get-clusters",
    options=(),
    run=run,
)
