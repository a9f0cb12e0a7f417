"""managedFields of every write that is not an apply.

A write by a named manager gives it the fields that the write added or changed, and takes
them from all others; what a write removed, nobody owns any more. Objects without entries stay
without (apiserver's skipNonApplied): only a create by a named manager starts them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kctl.api.apply.compare import compare, created
from kctl.api.apply.custom import shape_of
from kctl.api.apply.elements import NoElement
from kctl.api.apply.fields import Fields, difference, intersection, union
from kctl.api.apply.fieldset import reconciled
from kctl.api.apply.managers import (
    RESET,
    Entry,
    Managed,
    Manager,
    capped,
    decode,
    encode,
    updater,
)
from kctl.api.kind import Kind, Object

_METADATA = (
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
)
SYSTEM: Fields = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {".": {}, **{f"f:{name}": {} for name in _METADATA}},
}
"""Fields that nobody owns, since they are the API server's."""
STATUS = frozenset({"status"})
_OF_STATUS = STATUS | {"apiVersion", "kind", "metadata"}
_NO_FIELDS: frozenset[str] = frozenset()


def ignored(kind: Kind, subresource: str, *objects: Object) -> frozenset[str]:
    """Fields of the top that a request cannot change, whatever it says (ResetFields); the
    objects are those in question."""
    if subresource == "status":
        return frozenset(name for each in objects for name in each) - _OF_STATUS
    return STATUS if kind.has_status else _NO_FIELDS


def at_create(kind: Kind, obj: Object, sent: Any, manager: str, now: str) -> None:
    """Put the entries of a new object into it. `sent` are those that its client wrote."""
    managed = _sent(sent)
    try:
        fields = created(shape_of(kind), obj, ignored(kind, ""))
    except NoElement:
        return
    after = _written(managed, fields, {}, updater(manager, kind.api_version, ""), now)
    _put(obj, after)


def at_update(
    kind: Kind, new: Object, old: Object, sent: Any, manager: str, subresource: str, now: str
) -> None:
    """Put the entries of a changed object into it; manager "" is a write that owns nothing,
    such as a controller's own."""
    new["metadata"].pop("managedFields", None)
    live = old["metadata"].get("managedFields") or []
    managed = _managed(sent if manager and not subresource else None, live)
    if not managed:
        return
    managed = current(kind, managed)
    try:
        changed, removed = compare(shape_of(kind), _bare(old), _bare(new))
    except NoElement:
        _put(new, managed)
        return
    for name in ignored(kind, subresource, new, old):
        changed.pop(f"f:{name}", None)
        removed.pop(f"f:{name}", None)
    if not manager and not removed:
        new["metadata"]["managedFields"] = live
        return
    if not manager:
        after = {each: _less(entry, removed) for each, entry in managed.items()}
        _put(new, {each: entry for each, entry in after.items() if entry.fields})
        return
    by = updater(manager, kind.api_version, subresource)
    _put(new, _written(managed, changed, removed, by, now))


def current(kind: Kind, managed: Managed) -> Managed:
    """The entries under the schema of today; only those of custom kinds change."""
    if kind.structure is None:
        return managed
    shape = shape_of(kind)
    return {
        each: entry._replace(fields=reconciled(shape, entry.fields))
        for each, entry in managed.items()
    }


def _bare(obj: Object) -> Object:
    """An object without what never changes hands."""
    meta = {name: value for name, value in obj["metadata"].items() if name not in _METADATA}
    return {**obj, "metadata": meta}


def _written(
    managed: Managed, changed: Fields, removed: Fields, manager: Manager, now: str
) -> Managed:
    changed = difference(changed, SYSTEM)
    touched = union(changed, removed)
    after: Managed = {}
    for each, entry in managed.items():
        left = _less(entry, touched) if touched else entry
        if left.fields:
            after[each] = left
    if changed:
        before = after.get(manager)
        fields = union(changed, before.fields) if before is not None else changed
        after[manager] = Entry(fields, manager.api_version, now)
    return capped(after)


def _less(entry: Entry, fields: Fields) -> Entry:
    """An entry without some fields; the very same where it has none of them."""
    if not intersection(entry.fields, fields):
        return entry
    return entry._replace(fields=difference(entry.fields, fields))


def _managed(sent: Any, live: list[dict[str, Any]]) -> Managed:
    """The entries to start from: the client's where they are valid, else the stored ones."""
    if not sent or sent == live:
        return decode(live, trusted=True)
    return {} if sent == RESET else _sent(sent) or decode(live, trusted=True)


def _sent(sent: Any) -> Managed:
    """A client's entries, none where they are not valid."""
    try:
        return decode(sent or [], trusted=False)
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def _put(obj: Object, managed: Managed) -> None:
    if managed:
        obj["metadata"]["managedFields"] = encode(managed)


def after_admission(obj: Object, before: Any, warn: Callable[[str], None]) -> None:
    """Undo what a webhook made of the entries where it is no list of entries any more, in
    place (apiserver's managedFieldsValidatingAdmissionController)."""
    meta = obj["metadata"]
    if meta.get("managedFields") == before:
        return
    try:
        managed = decode(meta.get("managedFields") or [], trusted=False)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        warn(
            ".metadata.managedFields was in an invalid state after admission; this could be "
            "caused by an outdated mutating admission controller; please fix your requests: "
            f"{error}"
        )
        meta["managedFields"] = before
        if not before:
            del meta["managedFields"]
        return
    meta.pop("managedFields", None)
    _put(obj, managed)


def only_times_differ(new: Object, old: Object) -> bool:
    """Whether two objects are the same but for the times of their entries: then nothing
    happened, and nothing is written."""
    if new["metadata"].get("managedFields") is None:
        return False
    return _timeless(new) == _timeless(old)


def _timeless(obj: Object) -> Object:
    meta = obj["metadata"]
    entries = [
        {name: value for name, value in entry.items() if name != "time"}
        for entry in meta.get("managedFields") or ()
    ]
    return {**obj, "metadata": {**meta, "managedFields": entries}}
