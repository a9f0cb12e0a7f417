"""kctl options: the flags that every command takes."""

from __future__ import annotations

from kctl.commands.command import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.commands.context import Context
    from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    from kctl.commands.help import show_options

    return show_options(ctx.out)


COMMAND = Command(
    name="options",
    summary="Print the list of flags inherited by all commands",
    examples="# Print flags inherited by all commands\nkctl options",
    run=run,
)
