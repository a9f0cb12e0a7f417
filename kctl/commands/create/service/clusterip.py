"""kctl create service clusterip."""

from __future__ import annotations

from kctl.commands.command import Command, Option
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, name_of
from kctl.commands.create.service.common import TCP, make, need_ports
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    if args["clusterip"] != "None":
        need_ports(args)
    return make(ctx, args, name, "ClusterIP", cluster_ip=args["clusterip"])


COMMAND = Command(
    name="clusterip",
    summary="Create a ClusterIP service with the specified name.",
    usage="clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]",
    arguments=("NAME",),
    options=(
        *PRINTING,
        TCP,
        Option(
            "clusterip", help="Assign your own ClusterIP or set to 'None' for a headless service."
        ),
    ),
    run=run,
)
