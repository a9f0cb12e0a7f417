"""`kctl image`: the images of the nodes, without a registry."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

_AT = "kctl.commands.image."

COMMAND = Command(
    name="image",
    summary="Manage the images of the nodes",
    usage="image SUBCOMMAND",
    description="Bring images to the nodes, list them, and take them away, without a registry.",
    examples="# Bring an image of this machine to every node\nkctl image load web:1\n"
    "# Show what is where\nkctl image list",
    subcommands=(
        CommandRef("list", _AT + "list", "List the images of the nodes", aliases=("ls",)),
        CommandRef("load", _AT + "load", "Bring images to nodes"),
        CommandRef("prune", _AT + "prune", "Remove images that are not used"),
        CommandRef("rm", _AT + "rm", "Remove images from nodes", aliases=("remove",)),
    ),
)
