"""A custom kind's schema, taken apart once: what every walk over its objects reads.

The rules are those of structural schemas (apiextensions-apiserver's pkg/apiserver/schema):
the skeleton (types, properties, items, extensions) stands in `Structure` nodes, the value
validations stay in the JSON of the schema, which `kctl.api.crd.values` reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from kctl.api.encode import copy

Json = Mapping[str, Any]


class Structure:
    """One node of a schema. `source` is its JSON as the definition has it.

    What lies below is taken apart when it is first asked for: a process that opens a control
    plane with hundreds of definitions needs few of them. `open`: unknown fields are kept here
    (x-kubernetes-preserve-unknown-fields).
    """

    def __init__(self, source: Json) -> None:
        self.source = source
        self.type: str = source.get("type") or ""
        self.open = source.get("x-kubernetes-preserve-unknown-fields") is True or (
            source.get("additionalProperties") is True
        )
        self.embedded = source.get("x-kubernetes-embedded-resource") is True
        self.int_or_string = source.get("x-kubernetes-int-or-string") is True
        self.nullable = source.get("nullable") is True
        self.has_default = source.get("default") is not None
        self.default: Any = source.get("default")
        self.list_type: str = source.get("x-kubernetes-list-type") or ""
        self.map_keys: tuple[str, ...] = tuple(source.get("x-kubernetes-list-map-keys") or ())
        self.map_type: str = source.get("x-kubernetes-map-type") or ""
        self.rules: list[dict[str, Any]] = source.get("x-kubernetes-validations") or []

    @cached_property
    def properties(self) -> dict[str, Structure]:
        return {
            name: Structure(each) for name, each in (self.source.get("properties") or {}).items()
        }

    @cached_property
    def items(self) -> Structure | None:
        """Of a list's items, None where the schema says nothing of them."""
        items = self.source.get("items")
        return Structure(items) if isinstance(items, dict) else None

    @cached_property
    def additional(self) -> Structure | None:
        """Of a map's values, None where there is no such map."""
        additional = self.source.get("additionalProperties")
        return Structure(additional) if isinstance(additional, dict) else None

    def _below(self) -> Iterator[Structure]:
        yield from self.properties.values()
        if self.items is not None:
            yield self.items
        if self.additional is not None:
            yield self.additional

    def field(self, name: str) -> Structure | None:
        """The node of a field or of a map's value; None where the schema says nothing."""
        return self.properties.get(name) or self.additional

    @cached_property
    def has_rules(self) -> bool:
        """Whether there are validation rules in CEL here or below."""
        return bool(self.rules) or any(each.has_rules for each in self._below())


OPEN = Structure({"x-kubernetes-preserve-unknown-fields": True})


def fill_defaults(value: Any, node: Structure) -> None:
    """Put the schema's defaults where a field is missing, or null and not nullable; other
    nulls of fields that are not nullable vanish. In place, and idempotent."""
    if isinstance(value, dict):
        _fill_object(value, node)
    elif isinstance(value, list) and node.items is not None:
        for item in value:
            fill_defaults(item, node.items)


def _fill_object(value: dict[str, Any], node: Structure) -> None:
    for name in [name for name, item in value.items() if item is None]:
        below = node.field(name)
        if below is not None and not below.nullable:
            del value[name]
    for name, below in node.properties.items():
        if name not in value and below.has_default:
            value[name] = copy({"": below.default})[""]
    for name, item in value.items():
        found = node.field(name)
        if found is not None:
            fill_defaults(item, found)


def prune(value: Any, node: Structure, path: str, unknown: list[str]) -> Any:
    """A copy of `value` without the fields that the schema does not know; their paths go
    to `unknown`."""
    if isinstance(value, dict):
        return _prune_object(value, node, path, unknown)
    if isinstance(value, list):
        below = node.items or (OPEN if node.open or not node.type else _CLOSED)
        return [prune(item, below, f"{path}[{at}]", unknown) for at, item in enumerate(value)]
    return value


_CLOSED = Structure({})
_OF_RESOURCES = ("apiVersion", "kind", "metadata")


def _prune_object(
    value: dict[str, Any], node: Structure, path: str, unknown: list[str]
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, item in value.items():
        below = node.field(name)
        where = f"{path}.{name}" if path else name
        if node.embedded and name in _OF_RESOURCES:
            kept[name] = copy({"": item})[""]
        elif below is not None:
            kept[name] = prune(item, below, where, unknown)
        elif node.open:
            kept[name] = copy({"": item})[""]
        else:
            unknown.append(where)
    return kept
