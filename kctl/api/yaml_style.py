"""The styles of YAML strings, as libyaml's emitter (in go-yaml's port) chooses and writes
them: plain, 'single', "double", literal."""

from __future__ import annotations

import re
from functools import lru_cache

from kctl.api.yaml_scalars import is_string

WIDTH = 80
LITERAL = "literal"
BREAKS = "\n\r\x85\u2028\u2029"
_FIRST = frozenset("#,[]{}&*!|>'\"%@`")
_SIMPLE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*", re.ASCII)
_ESCAPES = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}
_BOM = "\ufeff"


@lru_cache(maxsize=8192)
def analyze(text: str) -> str:
    """ "plain", "single", "double" or "literal"."""
    if _SIMPLE.fullmatch(text) and is_string(text):
        return "plain"
    facts = _Facts(text)
    if "\n" in text:
        return LITERAL if facts.block_allowed else "double"
    if not is_string(text):
        return "double"
    if facts.plain_allowed:
        return "plain"
    return "single" if facts.single_allowed else "double"


def is_printable(char: str) -> bool:
    """What the emitter writes as it is."""
    if char == "\n" or " " <= char <= "~":
        return True
    if char < "\xa0" or char > "\uffff":
        return False
    return not ("\ud800" <= char <= "\udfff") and char not in (_BOM, "\ufffe", "\uffff")


class _Facts:
    """What yaml_emitter_analyze_scalar finds out about a text that is not empty."""

    def __init__(self, text: str) -> None:
        indicators = text.startswith(("---", "..."))
        special = breaks = False
        break_space = space_break = False
        before_space = before_break = False
        preceded = True
        last = len(text) - 1
        for at, char in enumerate(text):
            followed = at == last or text[at + 1] in " \t" or text[at + 1] in BREAKS
            indicators = indicators or _indicates(char, at == 0, preceded, followed)
            special = special or not (is_printable(char) or char in BREAKS[3:])
            is_space, is_break = char == " ", char in BREAKS
            breaks = breaks or is_break
            break_space = break_space or (is_space and before_break)
            space_break = space_break or (is_break and before_space)
            before_space, before_break = is_space, is_break
            preceded = is_space or is_break or char == "\t"
        ends = " " + BREAKS
        outer = bool(text) and (text[0] in ends or text[-1] in ends)
        hard = space_break or special
        self.plain_allowed = not (outer or break_space or hard or breaks or indicators)
        self.single_allowed = not (break_space or hard)
        self.block_allowed = not (text[-1:] == " " or hard)


def _indicates(char: str, first: bool, preceded: bool, followed: bool) -> bool:
    """Whether a character would be taken for syntax in block context."""
    if first and char in _FIRST:
        return True
    if first and char in "?-":
        return followed
    if char == ":":
        return followed
    return char == "#" and preceded


# --- writing ---


def plain(text: str, column: int, indent: int) -> str:
    if column + len(text) <= WIDTH or " " not in text:
        return text
    return _folded(text, column, indent, WIDTH)


def single_quoted(text: str, column: int, indent: int, width: int = WIDTH) -> str:
    doubled = text.replace("'", "''")
    if any(char in text for char in BREAKS):
        return f"'{_single_with_breaks(doubled, indent)}'"
    if column + len(doubled) + 2 <= width or " " not in text:
        return f"'{doubled}'"
    return f"'{_folded(doubled, column + 1, indent, width, inside=True)}'"


def _single_with_breaks(doubled: str, indent: int) -> str:
    """Line and paragraph separators stay, with the indentation behind them."""
    written, after_break = [], False
    for char in doubled:
        if char in BREAKS:
            written.append(char)
            after_break = True
            continue
        if after_break:
            written.append(" " * indent)
        written.append(char)
        after_break = False
    return "".join(written)


def _folded(text: str, column: int, indent: int, width: int, *, inside: bool = False) -> str:
    """Break at single spaces once a line is longer than `width`. `inside` quotes, the first
    and the last character stay."""
    written: list[str] = []
    after_space = False
    last = len(text) - 1
    for at, char in enumerate(text):
        if char != " ":
            written.append(char)
            column += 1
            after_space = False
            continue
        breaks = not after_space and column > width and text[at + 1 : at + 2] != " "
        if breaks and not (inside and at in (0, last)):
            written.append("\n" + " " * indent)
            column = indent
        else:
            written.append(char)
            column += 1
        after_space = True
    return "".join(written)


def double_quoted(text: str, column: int, indent: int, width: int = WIDTH) -> str:
    written, column = ['"'], column + 1
    escapes_all = text.startswith(_BOM)  # go-yaml looks for the mark at the start only
    after_space = False
    last = len(text) - 1
    for at, char in enumerate(text):
        if char == " " and not escapes_all:
            if not after_space and column > width and 0 < at < last:
                written.append("\n" + " " * indent)
                column = indent
                if text[at + 1] == " ":
                    written.append("\\")
                    column += 1
            else:
                written.append(char)
                column += 1
            after_space = True
            continue
        piece = char if not escapes_all and _is_clear(char) else _escape(char)
        written.append(piece)
        column += len(piece)
        after_space = False
    written.append('"')
    return "".join(written)


def _is_clear(char: str) -> bool:
    return is_printable(char) and char not in '"\\' and char not in BREAKS


def _escape(char: str) -> str:
    short = _ESCAPES.get(char)
    if short is not None:
        return "\\" + short
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def literal(text: str, indent: int) -> str:
    """A literal block without the newline behind it; `indent` is that of its lines."""
    hint = "2" if text[0] in " " + BREAKS else ""
    ends = len(text) - len(text.rstrip("\n"))
    chomp = "-" if not ends else "+" if ends > 1 or len(text) == 1 else ""
    pad = " " * indent
    lines = text.removesuffix("\n").split("\n")
    body = "\n".join(pad + line if line else "" for line in lines)
    return f"|{hint}{chomp}\n{body}"
