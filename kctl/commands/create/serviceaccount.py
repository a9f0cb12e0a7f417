"""kctl create serviceaccount."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, create, meta, name_of
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    name = name_of(args)
    obj = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": meta(ctx, name)}
    return create(ctx, args, obj, failure="failed to create serviceaccount: ")


COMMAND = Command(
    name="serviceaccount",
    summary="Create a service account with the specified name.",
    usage="serviceaccount NAME [--dry-run=server|client|none]",
    arguments=("NAME",),
    options=PRINTING,
    run=run,
)
