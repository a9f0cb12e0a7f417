"""The shape of any kind's objects; that of a custom kind comes from the schema which its
definition brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from kctl.api.apply.shapes import ANY, BOOLEAN, NUMERIC, SCALARS, STRING, Key, Member, Shape
from kctl.api.apply.tables import struct
from kctl.api.kind import Kind
from kctl.api.schema.schema import OBJECT_META, definition

if TYPE_CHECKING:
    from kctl.api.crd.structure import Structure

_SCALAR_TYPES = {"string": STRING, "integer": NUMERIC, "number": NUMERIC, "boolean": BOOLEAN}


def shape_of(kind: Kind) -> Shape:
    """Of the schema table, of the kind's own schema, or, where nobody knows it, any fields
    beside the metadata."""
    if kind.structure is not None:
        return _custom(kind.structure)
    found = definition(kind.schema)
    return struct(found.name) if found is not None else _UNKNOWN


@lru_cache(maxsize=512)
def _custom(structure: Structure) -> Shape:
    """Kept for each schema: a definition that changes brings a new one."""
    return Shape(
        Shape.MAP, fields=lambda: {**_members(structure), **_COMMON}, item=_free(structure)
    )


def from_structure(structure: Structure) -> Shape:
    """The shape of one node of a custom kind's schema."""
    if structure.int_or_string:
        return SCALARS["untyped"]
    if structure.type in _SCALAR_TYPES:
        return SCALARS[_SCALAR_TYPES[structure.type]]
    if structure.type == "array":
        return _list(structure)
    if structure.type != "object" and not structure.properties:
        return ANY
    return Shape(
        Shape.MAP,
        atomic=structure.map_type == "atomic",
        fields=lambda: _members(structure),
        item=_free(structure),
    )


def _members(structure: Structure) -> Mapping[str, Member]:
    members = {
        name: Member(f"f:{name}", from_structure(each))
        for name, each in structure.properties.items()
    }
    return {**members, **_EMBEDDED} if structure.embedded else members


def _free(structure: Structure) -> Callable[[], Shape] | None:
    additional = structure.additional
    if additional is not None:
        return lambda: from_structure(additional)
    return (lambda: ANY) if structure.open else None


def _list(structure: Structure) -> Shape:
    items = structure.items

    def item() -> Shape:
        return ANY if items is None else from_structure(items)

    if structure.list_type == "map" and items is not None:
        keys = tuple(
            Key(name, items.properties[name].default if name in items.properties else None)
            for name in sorted(structure.map_keys)
        )
        return Shape(Shape.LIST, keys=keys, item=item)
    return Shape(Shape.LIST, atomic=structure.list_type != "set", item=item)


_EMBEDDED = {
    "apiVersion": Member("f:apiVersion", SCALARS[STRING]),
    "kind": Member("f:kind", SCALARS[STRING]),
    "metadata": Member("f:metadata", struct(OBJECT_META)),
}
_COMMON = {name: Member(element, type_, True) for name, (element, type_, _) in _EMBEDDED.items()}
_UNKNOWN = Shape(Shape.MAP, fields=lambda: _COMMON, item=lambda: ANY)
