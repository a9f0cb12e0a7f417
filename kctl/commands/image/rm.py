"""`kctl image rm`: take images away from nodes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.image.options import nodes
from kctl.commands.parse import Args

if TYPE_CHECKING:
    from kctl.commands.image.nodes import Target


def run(ctx: Context, args: Args) -> int:
    if not args.positional:
        raise UsageError(
            "USAGE: rm IMAGE... [flags]", hint="See 'kctl image rm -h' for help and examples"
        )
    from kctl.commands.image.nodes import Engines

    ctx.refresh()
    with Engines(ctx) as engines:
        targets = engines.chosen(args)
        for name in dict.fromkeys(args.positional):
            before = engines.failures
            found = engines.on_each(
                targets, partial(_remove, name, args["force"]), partial(_say, ctx, name)
            )
            if not any(found.values()) and engines.failures == before:
                engines.refuse(f"Error response from daemon: No such image: {name}")
        return engines.code


def _remove(name: str, force: bool, target: Target) -> bool:
    """Whether it was there."""
    if target.images.find(name) is None:
        return False
    target.images.remove(name, force=force)
    return True


def _say(ctx: Context, name: str, target: Target, had: bool) -> None:
    if had:
        ctx.say(f"image/{name} removed from node {target.name}")


COMMAND = Command(
    name="rm",
    summary="Remove images from nodes",
    usage="rm IMAGE... [--nodes=NODE,... | -l label] [--force]",
    description="Remove images from nodes. An image that a container was made of stays.",
    examples="# From every node that is ready\nkctl image rm web:1\n"
    "# From one\nkctl image rm web:1 --nodes=web1",
    arguments=("image",),
    options=(
        *nodes(),
        Option("force", "bool", help="Remove it even where stopped containers were made of it."),
    ),
    run=run,
)
