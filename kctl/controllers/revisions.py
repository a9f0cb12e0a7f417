"""ControllerRevisions: the templates that an object has had, numbered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kctl.api.safe_names import safe_suffix
from kctl.controllers.common import (
    controlled,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
)
from kctl.controllers.types import Changes, Object, View

RESOURCE = "controllerrevisions.apps"
HASH = "controller-revision-hash"


def current(owner: Object, view: View, changes: Changes) -> str:
    """The hash of the template that `owner` has now, with its revision kept as the newest."""
    data = _data(owner)
    known = sorted(controlled(view, owner, RESOURCE), key=_number)
    newest = _number(known[-1]) if known else 0
    found = next((each for each in reversed(known) if each["data"] == data), None)
    if found is None:
        made = _new(owner, data, newest + 1, view)
        changes.create(made)
        return str(made["metadata"]["labels"][HASH])
    if _number(found) != newest:
        changes.update({**found, "revision": newest + 1})
    return str(labels_of(found)[HASH])


def forget_old(
    owner: Object, in_use: Sequence[str], limit: int, view: View, changes: Changes
) -> None:
    """Delete the oldest revisions beyond `limit` that no pod has."""
    known = sorted(controlled(view, owner, RESOURCE), key=_number)
    idle = [each for each in known if labels_of(each).get(HASH) not in in_use]
    for each in idle[: max(len(idle) - limit, 0)]:
        changes.delete(key_of(RESOURCE, each), uid_of(each))


def _number(revision: Object) -> int:
    return int(revision.get("revision", 0))


def _data(owner: Object) -> Object:
    """The patch that brings this template back."""
    template = {"$patch": "replace", **owner["spec"]["template"]}
    return {"spec": {"template": _sorted(template)}}


def _sorted(value: Any) -> Any:
    """Fields by name all the way down: clients compare these bytes with their own."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _new(owner: Object, data: Object, number: int, view: View) -> Object:
    text = json.dumps(data, sort_keys=True)
    attempt = 0
    while True:
        word = safe_suffix(10, uid_of(owner), text, attempt)
        name = f"{name_of(owner)}-{word}"
        if view.get(RESOURCE, namespace_of(owner), name) is None:
            break
        attempt += 1
    labels = (owner["spec"]["template"].get("metadata") or {}).get("labels") or {}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": name,
            "namespace": namespace_of(owner),
            "labels": {**labels, HASH: word},
            "annotations": dict(owner["metadata"].get("annotations") or {}),
            "ownerReferences": [owner_reference(owner)],
        },
        "data": data,
        "revision": number,
    }
