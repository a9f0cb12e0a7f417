"""Flags that the image commands share."""

from __future__ import annotations

from kctl.commands.command import Option


def nodes() -> tuple[Option, ...]:
    """--nodes and -l."""
    return (
        Option("nodes", "slice", help="Names of the nodes; all that are ready by default."),
        Option(
            "selector",
            short="l",
            help="Selector (label query) of nodes, supports '=', '==', '!=', 'in', 'notin'.",
        ),
    )
