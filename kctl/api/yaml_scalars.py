"""How kubectl reads a plain YAML scalar: the rules of go-yaml v2 (YAML 1.1 with Go's numbers).

No common Python parser agrees: "y" and "on" are true, 012 is ten, 0o14 is twelve, 1e3 is
1000, 1_000 is 1000, dates and 12:30:45 are strings. The writer of YAML needs the same
rules, to quote what would be read as something else.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE"), True),
    **dict.fromkeys(("on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE"), False),
    **dict.fromkeys(("off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_GO_FLOAT = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?", re.ASCII)
_INTEGER = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))", re.ASCII
)
_FIRST = frozenset("yYnNtTfFoO~.+-0123456789")
NOT_A_WORD = object()


def resolve(text: str) -> Any:
    """The value of a plain scalar: None, bool, int, float or str. Integers are those of 64
    bits, as in JSON that went through Go; what is larger is a float."""
    if text and text[0] not in _FIRST:
        return text
    word = _WORDS.get(text, NOT_A_WORD)
    if word is not NOT_A_WORD:
        return word
    if text[0] in "+-0123456789":
        return _number(text)
    if text[0] == "." and _GO_FLOAT.fullmatch(text):
        return _finite(text.replace("_", ""), text)
    return text


def _number(text: str) -> Any:
    plain = text.replace("_", "")
    found = _INTEGER.fullmatch(plain)
    if found is not None:
        number = _integer(*found.groups())
        if -(2**63) <= number < 2**63:
            return number
        if found[5] is None and number < 2**64:
            return float(number)
    if _FLOAT.fullmatch(plain):
        return _finite(plain, text)
    return text


def _integer(
    sign: str, hexadecimal: str | None, binary: str | None, octal: str | None, decimal: str | None
) -> int:
    if hexadecimal is not None:
        number = int(hexadecimal, 16)
    elif binary is not None:
        number = int(binary, 2)
    elif octal is not None:
        number = int(octal, 8)
    else:
        number = int(decimal or "0") if len(decimal or "") <= 40 else 2**64
    return -number if sign == "-" else number


def _finite(number: str, text: str) -> Any:
    """Go refuses a float that is out of range, so that the text stays a string."""
    value = float(number)
    if value in (float("inf"), float("-inf")):
        return text
    return int(value) if value.is_integer() and abs(value) < 2**63 else value


def is_string(text: str) -> bool:
    """Whether a plain scalar would be read as this very string. (Timestamps would not be
    by go-yaml's writer, which quotes them.)"""
    return isinstance(resolve(text), str) and not is_timestamp(text) and not _is_base60(text)


_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
    r"| +([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?)?",
    re.ASCII,
)
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?", re.ASCII)


def is_timestamp(text: str) -> bool:
    """Whether go-yaml's writer takes a text for a time, which it quotes."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return False
    numbers = [int(each) for each in found.groups() if each is not None]
    try:
        datetime(*numbers)  # type: ignore[arg-type]
    except ValueError:
        return False
    return True


def _is_base60(text: str) -> bool:
    """Numbers of YAML 1.1 such as 190:20:30, which other readers take for integers."""
    return ":" in text and _BASE60.fullmatch(text) is not None
