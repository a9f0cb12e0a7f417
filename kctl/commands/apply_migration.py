"""How the fields of an object that was applied on the client's side go to the manager that
applies it on the server's, as kubectl moves them (client-go's csaupgrade).

Who applied on the client's side is whoever wrote the last-applied annotation.
"""

from __future__ import annotations

from typing import Any

from kctl.api.apply.fields import has, union
from kctl.api.apply.last_applied import ANNOTATION

Object = dict[str, Any]

_PATH = ("f:metadata", "f:annotations", f"f:{ANNOTATION}")


def _owners(obj: Object, operation: str) -> list[Object]:
    """The entries that own the annotation."""
    return [
        entry
        for entry in obj["metadata"].get("managedFields") or ()
        if entry["operation"] == operation and has(entry.get("fieldsV1") or {}, _PATH)
    ]


def annotation_patch(obj: Object) -> Object | None:
    """What gives the annotation a manager of its own, so that it outlives the move; None
    where it has one, or where there is no annotation."""
    meta = obj["metadata"]
    annotations = meta.get("annotations") or {}
    if ANNOTATION not in annotations or _owners(obj, "Apply"):
        return None
    kept: Object = {"annotations": {ANNOTATION: annotations[ANNOTATION]}, "name": meta["name"]}
    if meta.get("namespace"):
        kept["namespace"] = meta["namespace"]
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": kept}


def migration_patch(obj: Object, manager: str) -> list[Object] | None:
    """The JSON patch that moves the fields, refused where the object changed meanwhile; None
    where there is nothing to move."""
    names = sorted({entry.get("manager", "") for entry in _owners(obj, "Update")})
    before = obj["metadata"].get("managedFields") or []
    entries = before
    for name in names:
        entries = _moved(entries, name, manager)
    if entries == before:
        return None
    version = obj["metadata"].get("resourceVersion", "")
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def _moved(entries: list[Object], old: str, new: str) -> list[Object]:
    """The entries with the updates of `old` in the one that `new` applied."""
    target = _index(entries, new, "Apply")
    if target is None:
        target = _index(entries, old, "Update")
    if target is None:
        return entries
    into = {**entries[target], "manager": new, "operation": "Apply"}
    for entry in entries:
        if _is(entry, old, "Update") and entry["apiVersion"] == into["apiVersion"]:
            into["fieldsV1"] = union(into.get("fieldsV1") or {}, entry.get("fieldsV1") or {})
            break
    return [
        into if at == target else entry
        for at, entry in enumerate(entries)
        if at == target or not _is(entry, old, "Update")
    ]


def _index(entries: list[Object], manager: str, operation: str) -> int | None:
    return next((at for at, each in enumerate(entries) if _is(each, manager, operation)), None)


def _is(entry: Object, manager: str, operation: str) -> bool:
    return (
        entry.get("manager", "") == manager
        and entry["operation"] == operation
        and not entry.get("subresource")
    )
