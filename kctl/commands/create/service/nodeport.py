"""kctl create service nodeport."""

from __future__ import annotations

from kctl.commands.command import Command, Option
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, name_of
from kctl.commands.create.service.common import TCP, make, need_ports
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    need_ports(args)
    return make(ctx, args, name, "NodePort", node_port=args["node-port"])


COMMAND = Command(
    name="nodeport",
    summary="Create a NodePort service with the specified name.",
    usage="nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
    arguments=("NAME",),
    options=(
        *PRINTING,
        TCP,
        Option("node-port", "int", 0, "Port used to expose the service on each node in a cluster."),
    ),
    run=run,
)
