"""The built-in verbs, registered as a third party would register its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kctl.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from kctl.commands.command import CommandRef


@hookimpl
def kctl_commands() -> list[CommandRef]:
    """In the order in which help lists them."""
    from kctl.commands.index import BUILTIN

    return list(BUILTIN)
