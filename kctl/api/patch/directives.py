"""The directives of strategic merge patches, and how lists of them are ordered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.api.patch.errors import PatchError, go_value
from kctl.api.schema.schema import Field, definition, shortened

PATCH = "$patch"
RETAIN_KEYS = "$retainKeys"
SET_ORDER = "$setElementOrder/"
DELETE_FROM = "$deleteFromPrimitiveList/"

Json = Any
Map = dict[str, Any]
FREE = Field("a")


def root_type(schema: str) -> str:
    """The type of an object in the notation of the table."""
    return f"@{shortened(schema)}"


def lookup(type_: str, key: str) -> Field:
    """The field `key` of a type. Raises PatchError where a struct has none of that name."""
    if type_.startswith("{}"):
        return Field(type_[2:])
    if not type_.startswith("@"):
        return FREE
    found = definition(type_[1:])
    if found is None:
        return FREE
    field = found.fields.get(key)
    if field is None:
        raise PatchError(
            f'unable to find api field in struct {found.short_name} for the json field "{key}"'
        )
    return field


def key_of(item: Any, merge_key: str) -> Any:
    """The merge key's value of a list element. Raises PatchError where it has none."""
    if not isinstance(item, dict) or merge_key not in item:
        raise PatchError(f"map: {go_value(item)} does not contain declared merge key: {merge_key}")
    return item[merge_key]


def find(items: Sequence[Any], item: Any, merge_key: str) -> int:
    """Where `items` has the element that is `item`, by its merge key ("" for scalars); -1
    where it has none."""
    if not merge_key:
        return next((at for at, each in enumerate(items) if same(each, item)), -1)
    wanted = key_of(item, merge_key)
    for at, each in enumerate(items):
        if isinstance(each, dict) and merge_key in each and same(each[merge_key], wanted):
            return at
    return -1


def same(one: Any, other: Any) -> bool:
    """JSON equality at the surface: true is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def in_order(items: Sequence[Any], order: Sequence[Any], merge_key: str) -> list[Any]:
    """`items` sorted as `order` has them; what it does not name goes first, as it stood."""
    return sorted(items, key=lambda each: find(order, each, merge_key))


def interleave(
    server_only: Sequence[Any], patched: Sequence[Any], server_order: Sequence[Any], merge_key: str
) -> list[Any]:
    """Both lists in one: an element that only the server has keeps its place before the
    patched ones that it preceded."""
    merged: list[Any] = []
    left, right = list(server_only), list(patched)
    while left and right:
        one = find(server_order, left[0], merge_key)
        other = find(server_order, right[0], merge_key)
        before = one >= 0 and other >= 0 and one < other
        merged.append(left.pop(0) if before else right.pop(0))
    return merged + left + right


def ordered(
    merged: Sequence[Any], order: Sequence[Any], server_order: Sequence[Any], merge_key: str
) -> list[Any]:
    """A merged list in the order that the patch asks for (normalizeElementOrder)."""
    patched = [each for each in merged if find(order, each, merge_key) >= 0]
    server_only = [each for each in merged if find(order, each, merge_key) < 0]
    return interleave(
        in_order(server_only, server_order, merge_key),
        in_order(patched, order, merge_key),
        server_order,
        merge_key,
    )
