"""`kctl plugin`: what extends this kctl."""

from __future__ import annotations

from kctl.commands.command import Command, CommandRef

COMMAND = Command(
    name="plugin",
    summary="Provides utilities for interacting with plugins",
    usage="plugin SUBCOMMAND",
    description="Plugins extend kctl through the entry-point group `kctl`, or are executables "
    "named kctl-NAME on PATH.",
    subcommands=(
        CommandRef("list", "kctl.commands.plugin_.list", "List all plugins with their state"),
    ),
)
