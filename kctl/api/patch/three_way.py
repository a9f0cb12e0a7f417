"""The patches that apply computes out of three objects: what was applied last (original),
what is to be applied (modified), and what there is now (current).

Fields that somebody else set stay; fields that the last apply set and this one leaves out
go.
"""

from __future__ import annotations

from typing import Any

from kctl.api.patch import merge
from kctl.api.patch.errors import PatchError, go_value
from kctl.api.patch.strategic import combine
from kctl.api.patch.strategic_diff import Options, diff

Map = dict[str, Any]


def three_way_strategic(original: Map, modified: Map, current: Map, schema: str) -> Map:
    """The strategic merge patch for a built-in kind; {} where nothing is to do. `schema` is
    the name of the kind's definition. Raises PatchError."""
    additions = diff(current, modified, schema, Options(ignore_deletions=True))
    deletions = diff(original, modified, schema, Options(ignore_changes=True))
    patch = combine(deletions, additions, schema)
    _check_unchanged(patch)
    return patch


def three_way_merge(original: Map, modified: Map, current: Map) -> Map:
    """The JSON merge patch for a kind without a schema."""
    additions = _without_nulls(merge.diff(current, modified))
    deletions = _only_nulls(merge.diff(original, modified))
    patch = _combined(deletions, additions)
    _check_unchanged(patch)
    return patch


def _without_nulls(patch: Map) -> Map:
    kept: Map = {}
    for key, value in patch.items():
        if isinstance(value, dict):
            inner = _without_nulls(value)
            if inner or not value:
                kept[key] = inner
        elif value is not None:
            kept[key] = value
    return kept


def _only_nulls(patch: Map) -> Map:
    kept: Map = {}
    for key, value in patch.items():
        if value is None:
            kept[key] = None
        elif isinstance(value, dict):
            inner = _only_nulls(value)
            if inner:
                kept[key] = inner
    return kept


def _combined(first: Map, second: Map) -> Map:
    """Two merge patches as one; unlike on applying, nulls stay."""
    result = dict(first)
    for key, value in second.items():
        before = result.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        result[key] = _combined(result[key], value) if both else value
    return result


def _check_unchanged(patch: Map) -> None:
    """An apply never makes another object of an object."""
    for key in ("apiVersion", "kind"):
        if key in patch:
            raise PatchError(
                f"precondition failed for: {go_value(patch)}: {key} must not be changed"
            )
    meta = patch.get("metadata")
    if isinstance(meta, dict) and "name" in meta:
        raise PatchError(f"precondition failed for: {go_value(patch)}: name must not be changed")
