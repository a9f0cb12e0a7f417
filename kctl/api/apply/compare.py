"""What changed between two objects, as field sets.

Structured-merge-diff compares Go structs, in which some fields are there even when nobody
set them; `Member.always` stands for these, so that the sets come out alike.
"""

from __future__ import annotations

from typing import Any

from kctl.api.apply import elements
from kctl.api.apply.fields import SELF, Fields
from kctl.api.apply.shapes import Member, Shape

_ZEROS: tuple[Any, ...] = (None, "", 0, False, {}, [])


def whole(shape: Shape, value: Any) -> Fields:
    """The node of a value of which all is new (or gone): itself and everything below."""
    if shape.leaf or not value:
        return {}
    shape = shape.of(value)
    if shape.leaf:
        return {}
    node: Fields = {SELF: {}}
    if shape.form == Shape.LIST:
        if type(value) is not list:
            return {}
        _whole_items(shape, value, node)
        return node
    if type(value) is not dict:
        return {}
    fields, rest = shape.fields, shape.item
    for name, below in value.items():
        found = fields.get(name)
        if found is not None:
            node[found.element] = {} if found.type.leaf else whole(found.type, below)
        elif rest is not None:
            node[f"f:{name}"] = {} if rest.leaf else whole(rest, below)
    for name, element in shape.structs:
        if name not in value:
            node[element] = {}
    return node


def _whole_items(shape: Shape, value: list[Any], node: Fields) -> None:
    item_shape = shape.item
    for item in value:
        element = elements.of_item(shape, item)
        if element in node:
            node[element] = {}  # of items that nothing tells apart, all are one
        else:
            node[element] = {} if item_shape is None else whole(item_shape, item)


def created(shape: Shape, obj: dict[str, Any], ignored: frozenset[str] = frozenset()) -> Fields:
    """What a new object has that an empty one has not; ignored: fields of the top."""
    result: Fields = {}
    for name, value in obj.items():
        if name not in ignored:
            _from_zero(shape, name, value, result)
    return result


def _from_zero(shape: Shape, name: str, value: Any, out: Fields) -> None:
    """One field of a struct that is there already, against the struct's zero value."""
    found = shape.fields.get(name)
    if found is None:
        if shape.item is not None:
            out[f"f:{name}"] = whole(shape.item, value)
        return
    element, type_, always = found
    if not always:
        out[element] = {} if type_.leaf else whole(type_, value)
        return
    if value in _ZEROS:
        return
    if type_.leaf or type_.form == Shape.ANY:
        out[element] = {}
        return
    below: Fields = {}
    if type_.form == Shape.MAP and type(value) is dict:
        for each, item in value.items():
            _from_zero(type_, each, item, below)
    elif type_.form == Shape.LIST and type(value) is list:
        _whole_items(type_, value, below)
    if below:
        out[element] = below


def compare(shape: Shape, old: Any, new: Any) -> tuple[Fields, Fields]:
    """(what was added or modified, what was removed) from an old object to a new one."""
    changed: Fields = {}
    removed: Fields = {}
    _maps(shape, old, new, changed, removed)
    return changed, removed


def _values(
    shape: Shape, element: str, old: Any, new: Any, changed: Fields, removed: Fields
) -> None:
    """Two values that differ, at `element` of the nodes being filled."""
    if not shape.leaf:
        old, new = _emptied(old, new), _emptied(new, old)
    before, after = shape.of(old), shape.of(new)
    alike = before.form == after.form and type(old) is type(new)
    if after.leaf or before.leaf or not alike or type(new) not in (dict, list) or not (old or new):
        changed[element] = {}
        if not before.leaf and not alike:
            gone = {each: node for each, node in whole(before, old).items() if each != SELF}
            if gone:
                removed[element] = gone
        return
    below: Fields = {}
    gone = {}
    if after.form == Shape.LIST:
        _lists(after, old, new, below, gone)
    else:
        _maps(after, old, new, below, gone)
    if below:
        changed[element] = below
    if gone:
        removed[element] = gone


def _emptied(value: Any, other: Any) -> Any:
    """A null as the empty list or map that it stands for beside one."""
    return type(other)() if value is None and isinstance(other, dict | list) else value


def _maps(
    shape: Shape, old: dict[str, Any], new: dict[str, Any], changed: Fields, removed: Fields
) -> None:
    fields, rest = shape.fields, shape.item
    for name, value in new.items():
        before = old.get(name, _MISSING)
        if before is not _MISSING and before == value and type(before) is type(value):
            continue
        found = fields.get(name) or _undeclared(name, rest)
        if found is None:
            continue
        if before is not _MISSING:
            _values(found.type, found.element, before, value, changed, removed)
        elif not found.always:
            changed[found.element] = whole(found.type, value)
        elif value not in _ZEROS:
            _values(found.type, found.element, _zero(found, value), value, changed, removed)
    for name, value in old.items():
        if name in new:
            continue
        found = fields.get(name) or _undeclared(name, rest)
        if found is None:
            continue
        if not found.always:
            removed[found.element] = whole(found.type, value)
        elif value not in _ZEROS:
            _values(found.type, found.element, value, _zero(found, value), changed, removed)


def _undeclared(name: str, rest: Shape | None) -> Member | None:
    return None if rest is None else Member(f"f:{name}", rest)


def _zero(found: Member, like: Any) -> Any:
    """The zero value of a field that its struct always has."""
    if isinstance(like, dict):
        return {}
    return [] if isinstance(like, list) else None


def _lists(shape: Shape, old: list[Any], new: list[Any], changed: Fields, removed: Fields) -> None:
    before, after = by_element(shape, old), by_element(shape, new)
    item = shape.item
    if item is None:
        return
    for element, items in after.items():
        was = before.get(element)
        if was is None:
            changed[element] = whole(item, items[0]) if len(items) == 1 else {}
        elif was == items:
            continue
        elif len(was) == len(items) == 1:
            _values(item, element, was[0], items[0], changed, removed)
        else:
            changed[element] = {}
    for element, items in before.items():
        if element not in after:
            removed[element] = whole(item, items[0]) if len(items) == 1 else {}


def by_element(shape: Shape, items: list[Any]) -> dict[str, list[Any]]:
    """The items of a list under their elements, in order. Raises NoElement."""
    found: dict[str, list[Any]] = {}
    for item in items:
        found.setdefault(elements.of_item(shape, item), []).append(item)
    return found


_MISSING = object()
