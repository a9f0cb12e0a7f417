"""Server-side apply itself: merge, drop what is applied no more, settle who owns what.

Pure: objects and entries in, objects and entries out. The steps and their order are those of
structured-merge-diff's Updater and of the managers that apimachinery puts around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kctl.api.apply.compare import compare, created
from kctl.api.apply.conflicts import Owned
from kctl.api.apply.fields import Fields, difference, intersection, union
from kctl.api.apply.fieldset import field_set
from kctl.api.apply.managers import BEFORE_FIRST_APPLY, Entry, Managed, Manager, updater
from kctl.api.apply.merge import merge
from kctl.api.apply.remove import remove, with_named
from kctl.api.apply.shapes import Shape
from kctl.api.apply.tracking import SYSTEM
from kctl.api.kind import Object


class Request(NamedTuple):
    """One apply. ignored: fields of the top that this endpoint never changes; now: RFC 3339."""

    config: Object
    manager: Manager
    api_version: str
    force: bool
    ignored: frozenset[str]
    now: str


def first_owner(shape: Shape, live: Object, request: Request) -> Managed:
    """The entries of an object that nobody tracked: what is there belongs to
    "before-first-apply", so that an apply does not take it silently."""
    fields = difference(created(shape, live, request.ignored), SYSTEM)
    manager = updater(BEFORE_FIRST_APPLY, request.api_version, request.manager.subresource)
    return {manager: Entry(fields, request.api_version, request.now)} if fields else {}


def apply(shape: Shape, live: Object, managed: Managed, request: Request) -> tuple[Object, Managed]:
    """(the merged object, its entries); `live` is {} where there is none yet. Raises Owned,
    and NoElement where a stored list has items that nothing names."""
    by = request.manager
    merged = merge(shape, live, request.config)
    applied = field_set(shape, request.config)
    for name in request.ignored:
        applied.pop(f"f:{name}", None)
    last = managed.get(by)
    after = dict(managed)
    after[by] = Entry(applied, request.api_version, last.time if last else "")
    if last is not None and last.fields:
        merged = _pruned(shape, merged, after, last.fields)
    changed, removed = compare(shape, live, merged)
    for name in request.ignored:
        changed.pop(f"f:{name}", None)
        removed.pop(f"f:{name}", None)
    _settle(after, by, changed, removed, force=request.force)
    mine = difference(applied, SYSTEM)
    if mine:
        time = after[by].time if merged == live else request.now
        after[by] = Entry(mine, request.api_version, time)
    else:
        after.pop(by, None)
    return merged, after


def _settle(
    managed: Managed, by: Manager, changed: Fields, removed: Fields, *, force: bool
) -> None:
    """Take from the others what changed, if they let it go, and what is gone."""
    conflicts: dict[tuple[Manager, str], Fields] = {}
    for manager, entry in managed.items():
        if manager != by:
            both = intersection(entry.fields, changed)
            if both:
                conflicts[manager, entry.api_version] = both
    if conflicts and not force:
        raise Owned(conflicts)
    touched = union(changed, removed)
    for manager, entry in list(managed.items()):
        if manager == by:
            continue
        left = difference(entry.fields, touched)
        if not left:
            del managed[manager]
        elif left != entry.fields:
            managed[manager] = entry._replace(fields=left)


def _pruned(shape: Shape, merged: Object, managed: Managed, last: Fields) -> Object:
    """Without what this manager applied before and nobody owns now."""
    owned: Fields = {}
    for entry in managed.values():
        owned = union(owned, entry.fields)
    if not difference(last, owned):
        return merged
    was_mine = with_named(shape, last)
    everything = with_named(shape, field_set(shape, merged))
    left = with_named(shape, field_set(shape, _less(shape, merged, was_mine)))
    wanted = union(left, with_named(shape, owned))
    owned_left = _less(shape, merged, difference(everything, wanted))
    kept = with_named(shape, field_set(shape, owned_left))
    return _less(shape, merged, intersection(difference(everything, kept), was_mine))


def _less(shape: Shape, obj: Object, fields: Fields) -> Object:
    result: Any = remove(shape, obj, fields)
    return result if isinstance(result, dict) else {}


def without_allowed(owned: Owned, allowed: Fields) -> Mapping[tuple[Manager, str], Fields]:
    """The conflicts that are left when some fields may be taken."""
    left = {each: difference(fields, allowed) for each, fields in owned.conflicts.items()}
    return {each: fields for each, fields in left.items() if fields}
