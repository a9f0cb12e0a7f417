"""kctl create service loadbalancer."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, name_of
from kctl.commands.create.service.common import TCP, make, need_ports
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    need_ports(args)
    return make(ctx, args, name, "LoadBalancer")


COMMAND = Command(
    name="loadbalancer",
    summary="Create a LoadBalancer service with the specified name.",
    usage="loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
    arguments=("NAME",),
    options=(*PRINTING, TCP),
    run=run,
)
