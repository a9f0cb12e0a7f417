"""kctl create service externalname."""

from __future__ import annotations

from kctl.commands.command import Command, Option
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, name_of
from kctl.commands.create.service.common import TCP, make
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    return make(ctx, args, name, "ExternalName", external_name=args["external-name"])


COMMAND = Command(
    name="externalname",
    summary="Create an ExternalName service with the specified name.",
    usage="externalname NAME --external-name external.name [--dry-run=server|client|none]",
    arguments=("NAME",),
    options=(
        *PRINTING,
        TCP,
        Option("external-name", help="External name of service", required=True),
    ),
    run=run,
)
