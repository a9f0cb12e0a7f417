"""One step of a path in a field set: a field, an item by its keys, an item by its value.

They are kept as `fieldsV1` spells them: "f:replicas", 'k:{"name":"web"}', 'v:"a"', "i:0".
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from kctl.api.apply.shapes import Shape

_ORDER = {"f": 0, "k": 1, "v": 2, "i": 3}
_TYPE_ORDER = {float: 0, int: 0, str: 1, bool: 2, type(None): 5}


class NoElement(Exception):
    """An item of a list that nothing names; the message is structured-merge-diff's."""


def text_of(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def of_item(type_: Shape, item: Any) -> str:
    """The element of an item of a list that is not atomic. Raises NoElement."""
    if not type_.keys:
        return _of_value(item)
    if item is None:
        raise NoElement("associative list with keys may not have a null element")
    if not isinstance(item, dict):
        raise NoElement("associative list with keys may not have non-map elements")
    parts = []
    for name, default in type_.keys:
        value = item.get(name, default) if name in item or default is not None else None
        if value is None and name not in item:
            continue
        if type(value) is str and value.isascii() and value.isalnum():
            parts.append(f'"{name}":"{value}"')
        else:
            parts.append(f'"{name}":{text_of(value)}')
    if not parts:
        names = " ".join(json.dumps(name) for name, _ in type_.keys)
        raise NoElement(
            f"associative list with keys has an element that omits all key fields [{names}] "
            "(and doesn't have default values for any key fields)"
        )
    return "k:{" + ",".join(parts) + "}"


def _of_value(item: Any) -> str:
    if item is None:
        raise NoElement("associative list without keys has an element that's an explicit null")
    if isinstance(item, dict):
        raise NoElement("associative list without keys has an element that's a map type")
    if isinstance(item, list):
        raise NoElement("not supported: associative list with lists as elements")
    return f"v:{text_of(item)}"


def canonical(element: str) -> str:
    """A client's element in the form that is kept. Raises ValueError."""
    sort, colon, rest = element.partition(":")
    if not colon or sort not in _ORDER:
        raise ValueError(f"unknown path element: {element!r}")
    if sort == "f":
        return element
    value = orjson.loads(rest)
    if sort == "k" and (not isinstance(value, dict) or not value):
        raise ValueError(f"a key must be an object: {element!r}")
    if sort == "i" and type(value) is not int:
        raise ValueError(f"an index must be an integer: {element!r}")
    return f"{sort}:{text_of(value)}"


def order(element: str) -> tuple[Any, ...]:
    """Sorts elements as structured-merge-diff does: fields, keys, values, indices."""
    sort, _, rest = element.partition(":")
    if sort == "f":
        return (0, rest)
    value = orjson.loads(rest)
    if isinstance(value, dict):
        return (1, [(name, _rank(value[name])) for name in sorted(value)])
    return (_ORDER[sort], _rank(value))


def _rank(value: Any) -> tuple[int, Any]:
    rank = _TYPE_ORDER.get(type(value))
    return (6, text_of(value)) if rank is None else (rank, 0 if value is None else value)


def shown(path: tuple[str, ...]) -> str:
    """As errors print a path: .spec.containers[name="web"].image"""
    return "".join(map(_shown, path))


def _shown(element: str) -> str:
    sort, _, rest = element.partition(":")
    if sort == "f":
        return f".{rest}"
    value = orjson.loads(rest)
    if sort == "k":
        inside = ",".join(f"{name}={_value_shown(value[name])}" for name in sorted(value))
        return f"[{inside}]"
    return f"[={_value_shown(value)}]" if sort == "v" else f"[{value}]"


def _value_shown(value: Any) -> str:
    if isinstance(value, dict):
        inside = ";".join(f"{name}={_value_shown(value[name])}" for name in sorted(value))
        return f"{{{inside}}}"
    if isinstance(value, list):
        return "[" + ",".join(map(_value_shown, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
