"""`kctl top`: what nodes and pods use now."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

_AT = "kctl.commands.top."

COMMAND = Command(
    name="top",
    summary="Display resource (CPU/memory) usage",
    usage="top SUBCOMMAND",
    description="Display resource (CPU/memory) usage.\n\n It is measured when it is asked for, "
    "over a second.",
    examples="# What every node uses\nkctl top node\n"
    "# The pods that use most\nkctl top pod -A --sort-by=cpu",
    subcommands=(
        CommandRef(
            "node",
            _AT + "node",
            "Display resource (CPU/memory) usage of nodes",
            aliases=("nodes", "no"),
        ),
        CommandRef(
            "pod",
            _AT + "pod",
            "Display resource (CPU/memory) usage of pods",
            aliases=("pods", "po"),
        ),
    ),
)
