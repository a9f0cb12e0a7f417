"""--sort-by: objects in the order of one field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from kctl.printing.custom_columns import relaxed
from kctl.printing.jsonpath import parse

T = TypeVar("T")

_CHUNKS = re.compile(r"(\d+)")


def sorted_by(things: Iterable[T], obj_of: Callable[[T], Any], path: str) -> list[T]:
    """Things in the order of the field at `path` (relaxed JSONPath) of their objects;
    those without it come first. Raises ValueError with kubectl's texts."""
    listed = list(things)
    template = parse(relaxed(path))
    keyed = []
    for thing in listed:
        values = [value for results in template.results(obj_of(thing)) for value in results]
        keyed.append((values[0] if values else None, thing))
    if listed and all(value is None for value, _ in keyed):
        raise ValueError(
            f'couldn\'t find any field with path "{relaxed(path)}" in the list of objects'
        )
    if any(isinstance(value, (dict, list)) for value, _ in keyed):
        raise ValueError(f"couldn't find any field with path {relaxed(path)} that can be sorted")
    keyed.sort(key=lambda pair: _key(pair[0]))
    return [thing for _, thing in keyed]


def _key(value: Any) -> tuple[Any, ...]:
    """Nothing, numbers, then strings, whose digits count as numbers; quantities of one
    unit therefore sort as they should."""
    if value is None:
        return (0,)
    if isinstance(value, (int, float)):
        return (1, value)
    chunks = _CHUNKS.split(str(value))
    return (2, [(1, int(c), "") if c.isdigit() else (0, 0, c) for c in chunks])
