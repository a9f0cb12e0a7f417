"""Columns of text as Go's tabwriter lays them out, for kubectl's tables.

Imports nothing: the fast path of `get` stands on it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def table(
    rows: Sequence[Sequence[str]],
    *,
    widths: list[int] | None = None,
    minwidth: int = 6,
    padding: int = 3,
) -> str:
    """Rows (headers among them) as lines; the last cell of a row is not padded. Rows may
    have different lengths, but are one block: a column is as wide as its widest cell.
    `widths` remembers between calls, as a watch needs it, and is changed in place."""
    if widths is None:
        widths = []
    for row in rows:
        for at, cell in enumerate(row[:-1]):
            wanted = max(width(cell) + padding, minwidth)
            if at == len(widths):
                widths.append(wanted)
            elif wanted > widths[at]:
                widths[at] = wanted
    lines = []
    for row in rows:
        padded = [
            cell.ljust(size) if cell.isascii() else cell + " " * (size - width(cell))
            for cell, size in zip(row[:-1], widths, strict=False)
        ]
        lines.append("".join(padded) + row[-1] + "\n" if row else "\n")
    return "".join(lines)


def width(text: str) -> int:
    """tabwriter counts characters, not columns of a terminal."""
    return len(text)


def tabulate_blocks(text: str, *, minwidth: int = 0, padding: int = 2) -> str:
    """Go's tabwriter with the settings of `describe`: `text` has tab-terminated cells. A
    column is a block of consecutive lines that have a tab-terminated cell there; the text
    after a line's last tab is not part of a column."""
    rows = [line.split("\t") for line in text.split("\n")]
    sizes: list[list[int]] = [[0] * (len(row) - 1) for row in rows]
    _measure(rows, sizes, 0, len(rows), 0, minwidth, padding)
    lines = []
    for row, size in zip(rows, sizes, strict=True):
        cells = [cell.ljust(room) for cell, room in zip(row, size, strict=False)]
        lines.append("".join(cells) + row[-1])
    return "\n".join(lines)


def _measure(
    rows: Sequence[Sequence[str]],
    sizes: list[list[int]],
    start: int,
    end: int,
    column: int,
    minwidth: int,
    padding: int,
) -> None:
    """Give the cells of `column` in each block of consecutive rows one width."""
    at = start
    while at < end:
        if len(sizes[at]) <= column:
            at += 1
            continue
        stop = at
        while stop < end and len(sizes[stop]) > column:
            stop += 1
        block = range(at, stop)
        room = max(max(len(rows[each][column]) for each in block) + padding, minwidth)
        for each in block:
            sizes[each][column] = room
        _measure(rows, sizes, at, stop, column + 1, minwidth, padding)
        at = stop
