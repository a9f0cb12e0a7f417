"""kctl create namespace."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.context import Context
from kctl.commands.create.generator import PRINTING, create, name_of
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    obj = {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": {"name": name_of(args)},
        "spec": {},
        "status": {},
    }
    return create(ctx, args, obj, namespaced=False)


COMMAND = Command(
    name="namespace",
    summary="Create a namespace with the specified name.",
    usage="namespace NAME [--dry-run=server|client|none]",
    examples="# Create a new namespace named my-namespace\nkctl create namespace my-namespace",
    arguments=("NAME",),
    options=PRINTING,
    run=run,
)
