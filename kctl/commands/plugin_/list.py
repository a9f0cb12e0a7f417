"""`kctl plugin list`: every plugin with its state, and every kctl-NAME on PATH."""

from __future__ import annotations

import os
from pathlib import Path

from kctl.commands.command import Command, Option
from kctl.commands.context import Context
from kctl.commands.parse import Args


def run(ctx: Context, args: Args) -> int:
    from tabulate import tabulate

    from kctl.plugins.manager import load

    states = load(Path(ctx.home)).states()
    rows = [
        (each.name, each.version, each.distribution, each.state, each.error or ",".join(each.hooks))
        for each in states
    ]
    headers = ("NAME", "VERSION", "DISTRIBUTION", "STATE", "HOOKS OR ERROR")
    ctx.say(tabulate(rows, headers=headers, tablefmt="plain", disable_numparse=True))
    found = executables()
    if found:
        ctx.say("\nThe following compatible plugins are available:\n")
        for path in found:
            ctx.say(path.name if args["name-only"] else str(path))
    return 1 if any(each.state == "broken" for each in states) else 0


def executables() -> list[Path]:
    """kctl-NAME files on PATH that may be run, the first of each name."""
    found: dict[str, Path] = {}
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if not folder or not Path(folder).is_dir():
            continue
        for path in sorted(Path(folder).iterdir()):
            if path.name.startswith("kctl-") and os.access(path, os.X_OK) and path.is_file():
                found.setdefault(path.name, path)
    return list(found.values())


COMMAND = Command(
    name="list",
    summary="List all plugins with their state",
    options=(
        Option("name-only", "bool", help="Show executables by their name, not their full path."),
    ),
    run=run,
)
