"""Objects without the fields of a set."""

from __future__ import annotations

from typing import Any

from kctl.api.apply import elements
from kctl.api.apply.fields import SELF, Fields, member
from kctl.api.apply.shapes import Shape


def remove(shape: Shape, value: Any, fields: Fields) -> Any:
    """`value` without the members of `fields`, None where nothing is left of a list or map
    from which something went. Nothing that was given is changed."""
    if not fields:
        return value
    shape = shape.of(value)
    if shape.leaf:
        return value if shape.form == Shape.SCALAR else None
    if isinstance(value, list):
        return _list(shape, value, fields) or None
    if isinstance(value, dict):
        return _map(shape, value, fields) or None
    return value


def _list(shape: Shape, value: list[Any], fields: Fields) -> list[Any]:
    result = []
    item = shape.item
    for each in value:
        node = fields.get(elements.of_item(shape, each))
        if node is None or item is None:
            result.append(each)
        elif not member(node):
            result.append(remove(item, each, node))
    return result


def _map(shape: Shape, value: dict[str, Any], fields: Fields) -> dict[str, Any]:
    result = {}
    declared, rest = shape.fields, shape.item
    for name, each in value.items():
        node = fields.get(f"f:{name}")
        found = declared.get(name)
        type_ = found.type if found is not None else rest
        if node is None or type_ is None:
            result[name] = each
        elif not member(node):
            result[name] = remove(type_, each, node)
    return result


def with_named(shape: Shape | None, fields: Fields) -> Fields:
    """The set, and of structs that have something in it the fields that lead there: who
    owns .spec.replicas holds .spec too (EnsureNamedFieldsAreMembers)."""
    if shape is None:
        return fields
    if shape.form == Shape.ANY:
        return fields
    result: Fields = {}
    for element, node in fields.items():
        if not node or element == SELF:
            result[element] = node
            continue
        found = shape.fields.get(element[2:]) if element.startswith("f:") else None
        below = with_named(found.type if found is not None else shape.item, node)
        result[element] = {SELF: {}, **below} if found is not None else below
    return result
