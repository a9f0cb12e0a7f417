"""JSON values as YAML, byte for byte as kubectl prints them (sigs.k8s.io/yaml).

Keys are sorted in go-yaml's natural order, sequences inside mappings are not indented,
strings are quoted where they would be read as something else, long ones fold at 80.
"""

from __future__ import annotations

from functools import cmp_to_key, lru_cache
from typing import Any

from kctl.api.yaml_style import (
    BREAKS,
    LITERAL,
    analyze,
    double_quoted,
    literal,
    plain,
    single_quoted,
)

_SIMPLE_KEY = 128
"""Bytes: a longer key is written with "? "."""


def dump_yaml(value: Any) -> str:
    """One document, ending with a newline."""
    lines = _Writer()
    lines.value(value, 0, "")
    return "".join(lines.parts)


def dump_all(values: list[Any]) -> str:
    """Several documents with "---" between them, as kubectl prints a list of objects."""
    return "---\n".join(dump_yaml(value) for value in values)


class _Writer:
    """Appends pieces of text; each value ends its own line."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def value(self, value: Any, indent: int, lead: str) -> None:
        """Write `value` behind `lead`, what already stands on its line (its indentation
        included). `indent` is the column of the collection that the value is in."""
        if isinstance(value, dict) and value:
            self._mapping(value, len(lead), lead)
        elif isinstance(value, list) and value:
            self._sequence(value, len(lead), lead)
        else:
            self.parts.append(f"{lead}{_leaf(value, len(lead), indent)}\n")

    def _mapping(self, mapping: dict[str, Any], indent: int, lead: str) -> None:
        pad = " " * indent
        for key in sorted_keys(mapping):
            text, is_simple = _key(key, indent)
            if not is_simple:
                self.parts.append(f"{lead}? {text}\n")
                self.value(mapping[key], indent, f"{pad}: ")
            else:
                self._entry(mapping[key], indent, f"{lead}{text}:")
            lead = pad

    def _entry(self, value: Any, indent: int, lead: str) -> None:
        if isinstance(value, dict) and value:
            self.parts.append(f"{lead}\n")
            self._mapping(value, indent + 2, " " * (indent + 2))
        elif isinstance(value, list) and value:
            self.parts.append(f"{lead}\n")
            self._sequence(value, indent, " " * indent)
        else:
            self.parts.append(f"{lead} {_leaf(value, len(lead) + 1, indent)}\n")

    def _sequence(self, items: list[Any], indent: int, lead: str) -> None:
        pad = " " * indent
        for item in items:
            self.value(item, indent, f"{lead}- ")
            lead = pad


def _leaf(value: Any, column: int, indent: int) -> str:
    """A scalar or an empty collection, without the newline behind it."""
    if isinstance(value, str):
        return _text(value, column, indent + 2)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, int):
        return str(value) if -(2**63) <= value < 2**64 else float_text(float(value))
    return "{}" if isinstance(value, dict) else "[]"


def _text(text: str, column: int, indent: int) -> str:
    style = analyze(text)
    if style == "plain":
        return plain(text, column, indent)
    if style == LITERAL:
        return literal(text, indent)
    if style == "single":
        return single_quoted(text, column, indent)
    return double_quoted(text, column, indent)


@lru_cache(maxsize=2048)
def _key(key: str, indent: int) -> tuple[str, bool]:
    """The text of a key, and whether it fits in front of a colon."""
    if (
        any(char in key for char in BREAKS)
        or len(key.encode("utf-8", "surrogatepass")) > _SIMPLE_KEY
    ):
        return _text(key, indent + 2, indent + 2), False
    never = 10**9
    style = analyze(key)
    if style == "plain":
        return key, True
    if style == "single":
        return single_quoted(key, 0, 0, width=never), True
    return double_quoted(key, 0, 0, width=never), True


def float_text(value: float) -> str:
    """As a float64 comes out of JSON and YAML again: integral ones in the range of 64-bit
    integers by their shortest digits and zeros, others by Go's 'g' format."""
    shortest = repr(value)
    mantissa, exponent = _scientific(shortest)
    if value.is_integer() and -(2**63) <= value < 2**64:
        sign = "-" if mantissa.startswith("-") else ""
        return sign + mantissa.lstrip("-").replace(".", "").ljust(exponent + 1, "0")
    if -4 <= exponent < 6:
        return shortest  # repr, too, writes these without an exponent
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _scientific(shortest: str) -> tuple[str, int]:
    """repr(float) as its digits ("-1.5") and its decimal exponent."""
    sign = "-" if shortest.startswith("-") else ""
    number, _, power = shortest.removeprefix("-").partition("e")
    whole, _, fraction = number.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    exponent = int(power or 0) + len(whole) - 1 - leading
    digits = digits.rstrip("0") or "0"
    rest = digits[1:]
    return f"{sign}{digits[0]}.{rest}" if rest else f"{sign}{digits[0]}", exponent


# --- the order of keys ---


def sorted_keys(mapping: dict[str, Any]) -> list[str]:
    """go-yaml's order: letters after everything else, numbers by their value."""
    keys = list(mapping)
    if all(key.isalpha() for key in keys):
        return sorted(keys)
    return sorted(keys, key=_natural)


def _compare(one: str, other: str) -> int:
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left == right:
            continue
        if left.isalpha() and right.isalpha():
            return -1 if left < right else 1
        if left.isalpha() or right.isalpha():
            return -1 if right.isalpha() else 1
        return _compare_numbers(one, other, at)
    return len(one) - len(other)


def _compare_numbers(one: str, other: str, at: int) -> int:
    """At the first difference, neither side of which is a letter."""
    lead = ""
    if "0" in (one[at], other[at]):
        before = at - 1
        while before >= 0 and one[before].isdigit():
            if one[before] != "0":
                lead = "1"
                break
            before -= 1
    left, right = _digits(one, at), _digits(other, at)
    numbers = int(lead + left or "0"), int(lead + right or "0")
    if numbers[0] != numbers[1]:
        return -1 if numbers[0] < numbers[1] else 1
    if len(left) != len(right):
        return len(left) - len(right)
    return -1 if one[at] < other[at] else 1


def _digits(text: str, at: int) -> str:
    end = at
    while end < len(text) and text[end].isdecimal():
        end += 1
    return text[at:end]


_natural = cmp_to_key(_compare)
