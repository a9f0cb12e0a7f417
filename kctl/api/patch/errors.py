"""What can be wrong with a patch, and how Go shows the values in it."""

from __future__ import annotations

from typing import Any


class PatchError(ValueError):
    """A patch that cannot be applied; the message is that of the API server."""


def go_value(value: Any) -> str:
    """A JSON value as Go's %v prints it: map[a:1 b:[x y]], <nil>."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inside = " ".join(f"{key}:{go_value(value[key])}" for key in sorted(value))
        return f"map[{inside}]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_value, value)) + "]"
    return str(value)
