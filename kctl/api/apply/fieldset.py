"""The fields of a configuration: what a manager that applies it owns."""

from __future__ import annotations

from typing import Any

from kctl.api.apply import elements
from kctl.api.apply.fields import SELF, Fields
from kctl.api.apply.shapes import Shape


def field_set(shape: Shape, value: Any) -> Fields:
    """As structured-merge-diff's ToFieldSet: leaves, items of lists and entries of maps;
    of a struct only what is in it, unless it is empty. `value` has passed `check`."""
    result: Fields = {}
    if isinstance(value, dict):
        _map(shape, value, result)
    return result


def reconciled(shape: Shape, fields: Fields) -> Fields:
    """A set under a schema that may have changed since: of what became atomic the whole is
    owned by whoever owned a part (structured-merge-diff's ReconcileFieldSetWithSchema)."""
    result: Fields = {}
    for element, node in fields.items():
        declared = shape.fields.get(element[2:]) if element.startswith("f:") else None
        below = declared.type if declared is not None else shape.item
        if not node or below is None or below.form == Shape.ANY:
            result[element] = node
        else:
            result[element] = {} if below.leaf else reconciled(below, node)
    return result


def _fill(shape: Shape, value: Any, node: Fields) -> bool:
    """Put what is below `value` into its node; whether `value` is a leaf by itself."""
    shape = shape.of(value)
    if shape.leaf:
        return True
    if shape.form == Shape.LIST:
        if isinstance(value, list):
            _list(shape, value, node)
        return False
    if isinstance(value, dict):
        _map(shape, value, node)
    return False


def _map(shape: Shape, value: dict[str, Any], node: Fields) -> None:
    fields, rest = shape.fields, shape.item
    for name, below in value.items():
        found = fields.get(name)
        type_ = found.type if found is not None else rest
        if type_ is None:
            continue
        child: Fields = {}
        leaf = _fill(type_, below, child)
        if not leaf and (found is None or below is None or below == {}):
            leaf = True
            if child:
                child = {SELF: {}, **child}
        if leaf or child:
            node[f"f:{name}"] = child


def _list(shape: Shape, value: list[Any], node: Fields) -> None:
    item = shape.item
    for each in value:
        element = elements.of_item(shape, each)
        child: Fields = {}
        if element not in node and item is not None:
            _fill(item, each, child)
        node[element] = {SELF: {}, **child} if child else {}
