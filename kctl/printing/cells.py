"""Stored table cells as text: joins, ages, and control characters made harmless.

A cell is a string, a number, or a list of strings and times; a time (epoch seconds)
prints as the duration since then (`kctl.api.kind.Cell`). Imports nothing: the fast path
of `get` stands on it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kctl.api.kind import Cell


def cell_text(cell: Cell, now: float) -> str:
    """One cell as `get` prints it at `now` (epoch seconds)."""
    if isinstance(cell, list):
        parts = [part if isinstance(part, str) else human_duration(now - part) for part in cell]
        return clean("".join(parts))
    return clean(cell) if isinstance(cell, str) else str(cell)


def human_duration(seconds: float) -> str:
    """apimachinery's duration.HumanDuration: the two largest units that say something."""
    whole = int(seconds) if seconds >= 0 else -int(-seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        return _pair(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    hours = whole // 3600
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return _pair(hours // 24, "d", hours % 24, "h")
    days = hours // 24
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return _pair(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _pair(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"


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
