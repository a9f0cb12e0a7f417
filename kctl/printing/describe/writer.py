"""The lines of a description: levels of indentation, columns laid out at the end."""

from __future__ import annotations

from kctl.printing.cells import clean
from kctl.printing.table import tabulate_blocks

STEP = "  "


class Writer:
    """Collects lines; a tab ends a cell. `text()` lays the columns out as kubectl does."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def line(self, level: int, text: str) -> None:
        """One line, indented by `level` steps."""
        self._lines.append(STEP * level + text)

    def text(self) -> str:
        return tabulate_blocks("\n".join(self._lines) + "\n") if self._lines else ""


def safe(value: object) -> str:
    """A value from an object, made harmless for terminals; tabs would end the cell."""
    return "\n".join(clean(line) for line in str(value).split("\n")).replace("\t", "    ")
