"""Values of custom objects as CEL sees them: names escaped, times as times."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from kctl.api.cel.conversions import parse_duration, parse_time
from kctl.api.cel.values import CelError
from kctl.api.crd.structure import Structure

RESERVED = frozenset(
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for",
        "function", "if", "import", "let", "loop", "package", "namespace", "return", "var",
        "void", "while",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_./-][A-Za-z0-9_./-]*", re.ASCII)
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_SCALARS = {"string": "string", "integer": "int", "number": "double", "boolean": "bool"}
_FORMATS = {"date-time": "timestamp", "date": "timestamp", "duration": "duration", "byte": "bytes"}
_RESOURCE = ("apiVersion", "kind", "metadata")


def escape(name: str) -> str | None:
    """A property's name as an identifier of CEL; None where it cannot be one."""
    if not _NAME.fullmatch(name):
        return None
    if name in RESERVED:
        return f"__{name}__"
    for sign, word in _ESCAPES:
        name = name.replace(sign, word)
    return name


def to_cel(value: Any, node: Structure, *, root: bool = False) -> Any:
    """A value as expressions see it: only the fields that the schema knows."""
    if isinstance(value, dict):
        return _object(value, node, root)
    if isinstance(value, list):
        below = node.items
        return [to_cel(item, below) for item in value] if below is not None else value
    if isinstance(value, str):
        return _text(value, node)
    if node.type == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if node.type == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _object(value: dict[str, Any], node: Structure, root: bool) -> dict[str, Any]:
    if node.additional is not None:
        return {name: to_cel(item, node.additional) for name, item in value.items()}
    if not node.properties and node.open and not node.embedded:
        return value
    made: dict[str, Any] = {}
    for name, item in value.items():
        below = node.properties.get(name)
        word = escape(name)
        if word is None:
            continue
        if (root or node.embedded) and name in _RESOURCE:
            made[word] = item
        elif below is not None:
            made[word] = to_cel(item, below)
    return made


def _text(value: str, node: Structure) -> Any:
    """A text of a format that CEL has a type for; what does not fit stays a text."""
    name = node.source.get("format")
    try:
        if name == "date-time":
            return parse_time(value)
        if name == "date":
            return parse_time(f"{value}T00:00:00Z")
        if name == "duration":
            return parse_duration(value)
        if name == "byte":
            return base64.b64decode(value, validate=True)
    except (CelError, binascii.Error, ValueError):
        return value
    return value


def cel_type(node: Structure) -> str:
    """The type of a node in the words of `kctl.api.cel.expression.Types`; objects are "dyn",
    whose fields `undefined_field` checks."""
    if node.int_or_string or node.nullable:
        return "dyn"
    if node.type == "array":
        return f"list({cel_type(node.items)})" if node.items is not None else "list(dyn)"
    if node.type == "object" and node.additional is not None:
        return f"map({cel_type(node.additional)})"
    if node.type == "string":
        return _FORMATS.get(node.source.get("format") or "", "string")
    return _SCALARS.get(node.type, "dyn")


def typed_paths(node: Structure, path: str, depth: int = 6) -> tuple[tuple[str, str], ...]:
    """The types of what lies below, by dotted names: they let the checker see that
    self.spec.replicas is an int, though self itself is dynamic."""
    if not node.properties or depth == 0 or node.nullable:
        return ()
    found: list[tuple[str, str]] = []
    for name, below in node.properties.items():
        word = escape(name)
        if word is None:
            continue
        kind = cel_type(below)
        if kind != "dyn":
            found.append((f"{path}.{word}", kind))
        else:
            found += typed_paths(below, f"{path}.{word}", depth - 1)
    return tuple(found)
