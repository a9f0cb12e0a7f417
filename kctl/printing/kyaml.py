"""KYAML: YAML in flow style with quoted strings, which no reader can misread."""

from __future__ import annotations

import json
import re
from typing import Any

from kctl.printing.go_values import go_float

_PLAIN_KEY = re.compile(r"^[A-Za-z_][A-Za-z0-9_./-]*$")
_AMBIGUOUS = frozenset(("y", "n", "t", "f", "yes", "no", "on", "off", "true", "false", "null", "~"))


def dump_kyaml(obj: Any, *, ordered: bool = False) -> str:
    """One document, with its leading "---" and its last line end."""
    return "---\n" + _value(obj, 0, ordered) + "\n"


def _value(value: Any, level: int, ordered: bool) -> str:
    if isinstance(value, dict):
        return _mapping(value, level, ordered)
    if isinstance(value, list):
        return _sequence(value, level, ordered)
    if isinstance(value, str):
        return _string(value, level)
    if isinstance(value, float):
        return go_float(value)
    return json.dumps(value)


def _mapping(value: dict[str, Any], level: int, ordered: bool) -> str:
    if not value:
        return "{}"
    pad = "  " * (level + 1)
    names = list(value) if ordered else sorted(value)
    lines = [f"{pad}{_key(name)}: {_value(value[name], level + 1, ordered)},\n" for name in names]
    return "{\n" + "".join(lines) + "  " * level + "}"


def _sequence(value: list[Any], level: int, ordered: bool) -> str:
    """Mappings and lists cuddle: "[{" ... "}, {" ... "}]"; scalars have a line each."""
    if not value:
        return "[]"
    if all(isinstance(each, (dict, list)) for each in value):
        return "[" + ", ".join(_value(each, level, ordered) for each in value) + "]"
    pad = "  " * (level + 1)
    lines = [f"{pad}{_value(each, level + 1, ordered)},\n" for each in value]
    return "[\n" + "".join(lines) + "  " * level + "]"


def _key(name: str) -> str:
    if _PLAIN_KEY.match(name) and name.lower() not in _AMBIGUOUS:
        return name
    return json.dumps(name, ensure_ascii=False)


def _string(text: str, level: int) -> str:
    """Lines of a long text are folded with a backslash, each on its own line."""
    if "\n" not in text:
        return json.dumps(text, ensure_ascii=False)
    pad = "  " * (level + 1)
    parts = text.split("\n")
    lines = []
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if last and not part:
            break
        body = json.dumps(part, ensure_ascii=False)[1:-1]
        lead = "\\" if body.startswith((" ", "\t")) else " "
        lines.append(f"{pad}{lead}{body}" + ("" if last else "\\n") + "\\\n")
    return '"\\\n' + "".join(lines) + pad + '"'
