"""The strategic merge patch between two objects, and the one that apply sends.

Follows apimachinery's diff: directives for what a plain merge cannot say ($patch: delete
for list elements, $deleteFromPrimitiveList, $setElementOrder, $retainKeys).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kctl.api.patch.directives import (
    DELETE_FROM,
    PATCH,
    RETAIN_KEYS,
    SET_ORDER,
    Map,
    find,
    in_order,
    key_of,
    lookup,
    root_type,
    same,
)
from kctl.api.patch.errors import PatchError, go_value
from kctl.api.schema.schema import Field

Items = list[Any]


@dataclass(frozen=True, slots=True)
class Options:
    """What a diff leaves out: additions and changes, or deletions. retains: the map is of a
    field whose strategy is retainKeys."""

    ignore_changes: bool = False
    ignore_deletions: bool = False
    retains: bool = False


def diff(original: Map, modified: Map, schema: str, options: Options | None = None) -> Map:
    """The patch that makes `modified` of `original`. Raises PatchError."""
    return _maps(original, modified, root_type(schema), options or Options())


def _maps(original: Map, modified: Map, type_: str, options: Options) -> Map:
    patch: Map = {}
    for key, value in modified.items():
        before = original.get(key)
        if key not in original or _shape(before) is not _shape(value):
            if not options.ignore_changes:
                patch[key] = value
        elif isinstance(value, dict):
            _map_field(patch, key, original[key], value, type_, options)
        elif isinstance(value, list):
            _list_field(patch, key, original[key], value, type_, options)
        else:
            _replace_if_changed(patch, key, before, value, options)
    if not options.ignore_deletions:
        patch.update({key: None for key in original if key not in modified})
    if options.retains and modified and (patch or set(original) - set(modified)):
        patch[RETAIN_KEYS] = sorted(modified)
    return patch


def _shape(value: Any) -> type:
    """JSON's type: Go compares types before values."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float
    return type(value)


def _replace_if_changed(patch: Map, key: str, before: Any, after: Any, options: Options) -> None:
    if not options.ignore_changes and not same(before, after):
        patch[key] = after


def _field(type_: str, key: str, before: Any, after: Any) -> Field | None:
    """None where the type is unknown and nothing changes anyhow."""
    try:
        return lookup(type_, key)
    except PatchError:
        if before == after:
            return None
        raise


def _map_field(patch: Map, key: str, before: Map, after: Map, type_: str, options: Options) -> None:
    field = _field(type_, key, before, after)
    if field is None:
        return
    if field.strategy == "replace":
        _replace_if_changed(patch, key, before, after, options)
        return
    inner = _maps(before, after, field.type, replace(options, retains=field.retains_keys))
    if inner:
        patch[key] = inner


def _list_field(
    patch: Map, key: str, before: Items, after: Items, type_: str, options: Options
) -> None:
    field = _field(type_, key, before, after)
    if field is None:
        return
    if not field.merges:
        _replace_if_changed(patch, key, before, after, options)
        return
    inner = replace(options, retains=field.retains_keys)
    if not before:
        if after and not options.ignore_changes:
            patch[key] = after
        return
    sample = (before or after)[0]
    if isinstance(sample, dict):
        _list_of_maps(patch, key, before, after, field, inner)
    elif isinstance(sample, list):
        raise PatchError(f"lists of lists are not supported: {go_value(sample)}")
    else:
        _list_of_scalars(patch, key, before, after, inner)


def _list_of_maps(
    patch: Map, key: str, before: Items, after: Items, field: Field, options: Options
) -> None:
    merge_key = field.merge_key
    changes: Items = []
    for item in _by_key(after, merge_key):
        at = find(before, item, merge_key)
        if at >= 0:
            inner = _maps(before[at], item, field.item, options)
            if inner:
                changes.append({**inner, merge_key: item[merge_key]})
        elif not options.ignore_changes:
            changes.append(item)
    deletions: Items = []
    if not options.ignore_deletions:
        deletions = [
            {merge_key: item[merge_key], PATCH: "delete"}
            for item in _by_key(before, merge_key)
            if find(after, item, merge_key) < 0
        ]
    changes = in_order(changes, after, merge_key)
    moved = _keys(before, merge_key) != _keys(after, merge_key)
    if (not options.ignore_deletions and deletions) or (
        not options.ignore_changes and (changes or moved)
    ):
        patch[SET_ORDER + key] = [{merge_key: each} for each in _keys(after, merge_key)]
    if changes or deletions:
        patch[key] = changes + deletions


def _keys(items: Items, merge_key: str) -> Items:
    return [key_of(each, merge_key) for each in items]


def _by_key(items: Items, merge_key: str) -> Items:
    return sorted(items, key=lambda each: go_value(key_of(each, merge_key)))


def _list_of_scalars(patch: Map, key: str, before: Items, after: Items, options: Options) -> None:
    added = [each for each in _unique(after) if find(before, each, "") < 0]
    gone = sorted((each for each in _unique(before) if find(after, each, "") < 0), key=go_value)
    if added and not options.ignore_changes:
        patch[key] = in_order(added, after, "")
    if gone and not options.ignore_deletions:
        patch[DELETE_FROM + key] = gone
    if (not options.ignore_deletions and gone) or (not options.ignore_changes and before != after):
        patch[SET_ORDER + key] = after


def _unique(items: Items) -> Items:
    found: Items = []
    for each in items:
        if find(found, each, "") < 0:
            found.append(each)
    return found
