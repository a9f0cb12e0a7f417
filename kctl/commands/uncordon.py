"""`kctl uncordon`: new pods may go to a node again."""

from __future__ import annotations

from kctl.commands.command import Command
from kctl.commands.context import Context
from kctl.commands.cordon import mark
from kctl.commands.options import dry_run, selector
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    return mark(ctx, args, False)


COMMAND = Command(
    name="uncordon",
    summary="Mark node as schedulable",
    usage="uncordon NODE",
    examples='# Mark node "foo" as schedulable\nkctl uncordon foo',
    options=(dry_run(), selector()),
    arguments=("node",),
    run=run,
)
