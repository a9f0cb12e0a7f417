"""The garbage collector: what becomes of objects when their owners go.

https://kubernetes.io/docs/concepts/architecture/garbage-collection/. Background: an object
goes when its last owner is gone. Foreground: an owner that is being deleted waits for the
dependents that block it. Orphan: dependents lose the reference and stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.kind import Kind
from kctl.controllers.common import deleting, draft, key_of, namespace_of, uid_of
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_WITHOUT_DEPENDENTS = frozenset({"events", "leases.coordination.k8s.io"})


def _concerned(obj: Object, view: View) -> Iterable[Key]:
    """The object itself where it has owners or a finalizer of this controller; its
    dependents once it is gone; its owners, who may wait for it."""
    kind = _kind_of(view, obj["apiVersion"], obj["kind"])
    if kind is None or kind.resource in _WITHOUT_DEPENDENTS:
        return
    key = kind.key(obj)
    current = view.get(*key)
    if current is None or uid_of(current) != uid_of(obj):
        yield from (key_of(kind.resource, each) for kind, each in _dependents(view, obj))
    elif obj["metadata"].get("ownerReferences") or _finalizer(obj):
        yield key
    for reference in obj["metadata"].get("ownerReferences") or ():
        owner = _owner(view, obj, reference)
        if owner is not None and _finalizer(owner[1]):
            yield key_of(owner[0].resource, owner[1])


class GarbageCollector:
    """`kctl_controllers`: objects of every kind."""

    name = "garbage-collector"
    watches: Mapping[str, Mapper] = {"*": _concerned}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            obj = view.get(*key)
            if obj is None:
                continue
            finalizer = _finalizer(obj)
            if finalizer == ORPHAN:
                _orphan_dependents(obj, view, changes)
            elif finalizer == FOREGROUND:
                _delete_dependents(obj, view, changes)
            elif not deleting(obj):
                _check_owners(key, obj, view, changes)
        return changes


# --- who is whose --------------------------------------------------------------------


def _kind_of(view: View, api_version: str, name: str) -> Kind | None:
    group = api_version.partition("/")[0] if "/" in api_version else ""
    for kind in view.kinds():
        if kind.kind == name and kind.group == group:
            return kind
    return None


def _dependents(view: View, owner: Object) -> Iterator[tuple[Kind, Object]]:
    uid = uid_of(owner)
    for kind in view.kinds():
        if kind.resource not in _WITHOUT_DEPENDENTS:
            for each in view.owned(uid, kind.resource):
                yield kind, each


def _owner(view: View, obj: Object, reference: Mapping[str, Any]) -> tuple[Kind, Object] | None:
    """The owner that a reference means, if it exists: of that uid, in the namespace of
    the object or in none."""
    kind = _kind_of(view, reference["apiVersion"], reference["kind"])
    if kind is None:
        return None
    namespace = namespace_of(obj) if kind.namespaced else ""
    owner = view.get(kind.resource, namespace, reference["name"])
    if owner is None or uid_of(owner) != reference["uid"]:
        return None
    return kind, owner


def _finalizer(obj: Object) -> str:
    """The finalizer of this controller that an object under deletion carries, or ""."""
    if not deleting(obj):
        return ""
    finalizers = obj["metadata"].get("finalizers") or ()
    return next((each for each in (ORPHAN, FOREGROUND) if each in finalizers), "")


# --- what to do ----------------------------------------------------------------------


def _check_owners(key: Key, obj: Object, view: View, changes: Changes) -> None:
    """Delete what has owners that are all gone. A reference to a kind that is not served
    counts as an owner: nothing says that it is gone."""
    references = obj["metadata"].get("ownerReferences") or ()
    solid, waiting, dangling = [], [], []
    for reference in references:
        if _kind_of(view, reference["apiVersion"], reference["kind"]) is None:
            solid.append(reference)
            continue
        owner = _owner(view, obj, reference)
        if owner is None:
            dangling.append(reference)
        elif _finalizer(owner[1]) == FOREGROUND:
            waiting.append(reference)
        else:
            solid.append(reference)
    if solid and (dangling or waiting):
        _keep_references(obj, solid, changes)
    elif references and not solid:
        if waiting and next(_dependents(view, obj), None) is not None:
            _wait_for_own(obj, changes)
        changes.delete(key, uid_of(obj))


def _wait_for_own(obj: Object, changes: Changes) -> None:
    """An owner that waits for its dependents waits for theirs as well: the finalizer has
    the delete that follows go on in the foreground."""
    copy = draft(obj)
    finalizers = copy["metadata"].get("finalizers") or []
    if FOREGROUND not in finalizers:
        copy["metadata"]["finalizers"] = [*finalizers, FOREGROUND]
        changes.update(copy)


def _keep_references(obj: Object, kept: Sequence[Mapping[str, Any]], changes: Changes) -> None:
    copy = draft(obj)
    if kept:
        copy["metadata"]["ownerReferences"] = [dict(each) for each in kept]
    else:
        copy["metadata"].pop("ownerReferences", None)
    changes.update(copy)


def _orphan_dependents(owner: Object, view: View, changes: Changes) -> None:
    for _, each in _dependents(view, owner):
        references = each["metadata"].get("ownerReferences") or ()
        _keep_references(each, [r for r in references if r["uid"] != uid_of(owner)], changes)
    _drop_finalizer(owner, ORPHAN, changes)


def _delete_dependents(owner: Object, view: View, changes: Changes) -> None:
    """Delete the dependents; the owner goes when none that blocks it is left."""
    blocked = False
    for kind, each in _dependents(view, owner):
        references = each["metadata"].get("ownerReferences") or ()
        mine = [reference for reference in references if reference["uid"] == uid_of(owner)]
        blocked = blocked or any(reference.get("blockOwnerDeletion") for reference in mine)
        if not deleting(each):
            _check_owners(key_of(kind.resource, each), each, view, changes)
    if not blocked:
        _drop_finalizer(owner, FOREGROUND, changes)


def _drop_finalizer(obj: Object, finalizer: str, changes: Changes) -> None:
    copy = draft(obj)
    copy["metadata"]["finalizers"] = [
        each for each in copy["metadata"].get("finalizers") or () if each != finalizer
    ]
    changes.update(copy)
