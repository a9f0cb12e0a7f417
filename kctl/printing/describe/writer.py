"""The lines of a description: levels of indentation, columns laid out at the end."""

from __future__ import annotations

from kctl.printing.table import tabulate_blocks

STEP = "  "


class Writer:
    """Collects lines; a tab ends a cell. `text()` lays the columns out as kubectl does."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def line(self, level: int, text: str) -> None:
        """One line, indented by `level` steps."""
        self._lines.append(STEP * level + text)

    def raw(self) -> str:
        """The lines as they are, with their tabs: how `rollout history` shows a template."""
        return "".join(line + "\n" for line in self._lines)

    def text(self) -> str:
        return tabulate_blocks("\n".join(self._lines) + "\n") if self._lines else ""


def safe(value: object) -> str:
    """A value from an object, made harmless for terminals. ESC and CR as kubectl shows them
    ("^[" and "\\r", CVE-2021-25743); the other control characters and those that turn the
    direction of text, which kubectl lets through, become visible too. Line ends and tabs
    stay: a tab ends a cell, as in kubectl."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(_harmless(char) for char in text)


def _harmless(char: str) -> str:
    code = ord(char)
    if char in "\n\t":
        return char
    if char == "\r":
        return "\\r"
    if code < 0x20 or code == 0x7F:
        return "^" + chr(code ^ 0x40)
    steers = 0x80 <= code < 0xA0 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    return f"\\u{code:04x}" if steers else char
