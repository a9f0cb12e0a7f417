"""Stored table cells as text: joins, ages, and control characters made harmless.

A cell is a string, a number, or a list of strings and times; a time (epoch seconds)
prints as the duration since then (`kctl.api.kind.Cell`). Imports next to nothing: the fast path
of `get` stands on it.
"""

from __future__ import annotations

from kctl.durations import human_duration as human_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.api.kind import Cell


def cell_text(cell: Cell, now: float) -> str:
    """One cell as `get` prints it at `now` (epoch seconds)."""
    if isinstance(cell, list):
        parts = [part if isinstance(part, str) else human_duration(now - part) for part in cell]
        return clean("".join(parts))
    return clean(cell) if isinstance(cell, str) else str(cell)


def clean(text: str) -> str:
    """Text that cannot steer a terminal: as kubectl's table printer, a cell ends at its
    first line end (shown as "..."), and ESC prints as "^[" (CVE-2021-25743)."""
    if text.isprintable():
        return text
    for at, char in enumerate(text):
        if char in "\f\n\r":
            text = text[:at] + "..."
            break
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char == "\t" or char.isprintable():
        return char
    code = ord(char)
    return "^" + chr(code ^ 0x40) if code < 0x80 else f"\\u{code:04x}"
