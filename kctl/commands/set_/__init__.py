"""`kctl set`: change one thing of an object."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

COMMAND = Command(
    name="set",
    summary="Set specific features on objects",
    usage="set SUBCOMMAND",
    subcommands=(
        CommandRef("image", "kctl.commands.set_.image", "Update the image of a pod template"),
    ),
)
