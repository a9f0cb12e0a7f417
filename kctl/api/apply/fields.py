"""Field sets: which fields of an object somebody owns, as `fieldsV1` writes them.

A set is kept as the JSON that is stored, so that reading and writing one costs nothing:
{"f:spec": {"f:replicas": {}}}. An inner node belongs to the set itself where it is empty or
holds "."; the root never does. Sets are values: no function here changes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kctl.api.apply import elements

Fields = dict[str, Any]
"""A set, or a node of one: element to node, and "." where the node itself is a member."""

Path = tuple[str, ...]
"""Elements from the root: ("f:spec", 'k:{"name":"web"}')."""

SELF = "."


def member(node: Fields) -> bool:
    """Whether an inner node itself is in its set."""
    return not node or SELF in node


def _node(children: Fields, is_member: bool) -> Fields | None:
    """A node of these children (without "."), None where nothing is left."""
    if is_member:
        return {SELF: {}, **children} if children else {}
    return children or None


def union(one: Fields, other: Fields) -> Fields:
    """Of two sets."""
    if not one or not other:
        return one or other
    result = dict(one)
    for element, node in other.items():
        mine = result.get(element)
        result[element] = node if mine is None else _union(mine, node)
    return result


def _union(one: Fields, other: Fields) -> Fields:
    if one == other:
        return one
    if not one or not other:
        filled = one or other
        return filled if SELF in filled else {SELF: {}, **filled}
    return union(one, other)


def difference(one: Fields, other: Fields) -> Fields:
    """What is in one and not in the other. A parent in `other` takes nothing from below."""
    if not other:
        return one
    result = {}
    for element, node in one.items():
        theirs = other.get(element)
        left = node if theirs is None else _difference(node, theirs)
        if left is not None:
            result[element] = left
    return result


def _difference(one: Fields, other: Fields) -> Fields | None:
    stays = member(one) and not member(other)
    children = {element: node for element, node in one.items() if element != SELF}
    return _node(difference(children, other), stays)


def without(one: Fields, other: Fields) -> Fields:
    """What is in one, and neither in the other nor below one of its members."""
    result = {}
    for element, node in one.items():
        theirs = other.get(element)
        if theirs is None:
            result[element] = node
        elif not member(theirs):
            children = {each: below for each, below in node.items() if each != SELF}
            left = _node(without(children, theirs), member(node))
            if left is not None:
                result[element] = left
    return result


def intersection(one: Fields, other: Fields) -> Fields:
    """What is in both."""
    result = {}
    for element, node in one.items():
        theirs = other.get(element)
        if theirs is None or element == SELF:
            continue
        both = _node(intersection(node, theirs), member(node) and member(theirs))
        if both is not None:
            result[element] = both
    return result


def has(fields: Fields, path: Sequence[str]) -> bool:
    """Whether a path is a member."""
    node: Fields | None = fields
    for element in path:
        node = node.get(element) if node else None
        if node is None:
            return False
    return node is not None and member(node)


def paths(fields: Fields, prefix: Path = ()) -> Iterator[Path]:
    """Every member, in the order of structured-merge-diff: of each node the members first,
    then what is below."""
    ordered = sorted((each for each in fields if each != SELF), key=elements.order)
    for element in ordered:
        if member(fields[element]):
            yield (*prefix, element)
    for element in ordered:
        if fields[element]:
            yield from paths(fields[element], (*prefix, element))


def of_path(*path: str) -> Fields:
    """The set of one path."""
    fields: Fields = {}
    for element in reversed(path):
        fields = {element: fields}
    return fields


def read(value: Any) -> Fields:
    """A set that a client sent, in the form that is kept. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError("fieldsV1 is not an object")
    result: Fields = {}
    for element, node in value.items():
        below = read(node)
        if element == SELF:
            result[SELF] = {}
            continue
        canonical = elements.canonical(element)
        result[canonical] = _union(result[canonical], below) if canonical in result else below
    if set(result) == {SELF}:
        return {}
    return result
