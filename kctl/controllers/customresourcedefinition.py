"""Definitions that are being deleted: their objects go first.

The finalizing controller of the API server's extensions: every object of the kind is
deleted, and the definition waits for those that finalizers hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.api.crd.kinds import RESOURCE
from kctl.api.kinds.apiextensions.customresourcedefinition import FINALIZER
from kctl.api.times import now_text
from kctl.controllers.common import deleting, draft, key_of, uid_of, with_condition
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key


def _itself(obj: Object, view: View) -> Iterable[Key]:
    if deleting(obj):
        yield key_of(RESOURCE, obj)


def _definition(obj: Object, view: View) -> Iterable[Key]:
    """Of a custom object: its definition, where that waits for the object to go."""
    group = obj["apiVersion"].partition("/")[0] if "/" in obj["apiVersion"] else ""
    if "." not in group:
        return
    for each in view.list(RESOURCE):
        spec = each["spec"]
        if (spec["group"], spec["names"]["kind"]) == (group, obj["kind"]) and deleting(each):
            yield key_of(RESOURCE, each)


class CustomResourceDefinitionController:
    """`kctl_controllers`: the end of a definition."""

    name = "customresourcedefinition-finalizer"
    watches: Mapping[str, Mapper] = {RESOURCE: _itself, "*": _definition}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            definition = view.get(*key)
            if definition is not None and deleting(definition):
                _end(definition, view, now, changes)
        return changes


def _end(definition: Object, view: View, now: datetime, changes: Changes) -> None:
    finalizers = definition["metadata"].get("finalizers") or []
    if FINALIZER not in finalizers:
        return
    resource = definition["metadata"]["name"]
    left = view.list(resource)
    for each in left:
        if not deleting(each):
            changes.delete(key_of(resource, each), uid_of(each))
    if left:
        text = "CustomResource deletion is in progress"
        _tell(definition, "True", "InstanceDeletionInProgress", text, now, changes)
        return
    copy = draft(definition)
    copy["metadata"]["finalizers"] = [each for each in finalizers if each != FINALIZER]
    changes.update(copy)


def _tell(
    definition: Object, status: str, reason: str, message: str, now: datetime, changes: Changes
) -> None:
    found = definition.get("status") or {}
    conditions = [each for each in found.get("conditions") or () if each.get("type")]
    known = next((each for each in conditions if each.get("type") == "Terminating"), None)
    if known is not None and (known.get("status"), known.get("reason")) == (status, reason):
        return
    wanted = {
        "type": "Terminating",
        "status": status,
        "lastTransitionTime": now_text(now),
        "reason": reason,
        "message": message,
    }
    shown = {**found, "conditions": with_condition(conditions, wanted)}
    changes.update_status({**definition, "status": shown})
