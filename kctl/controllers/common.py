"""What several controllers need: owners, selectors, conditions, times, stable names.

Everything here is pure. Times in objects are RFC 3339 text in whole seconds; inside the
controllers they are epoch seconds, since comparing is all that is done with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.kind import Kind
from kctl.api.meta import FOREGROUND
from kctl.api.safe_names import safe_suffix
from kctl.api.selectors import from_object
from kctl.controllers.types import Object, View
from kctl.store.types import Key

# --- names ---------------------------------------------------------------------------


def free_name(view: View, resource: str, namespace: str, prefix: str, *parts: object) -> str:
    """`prefix` and five characters that no object of the view carries yet."""
    attempt = 0
    while True:
        name = prefix + safe_suffix(5, namespace, prefix, *parts, attempt)
        if view.get(resource, namespace, name) is None:
            return name
        attempt += 1


def generated_prefix(name: str) -> str:
    """What names generated for the parts of `name` begin with; at most 58 characters, as
    the API server cuts it, so that five more still make a label."""
    return f"{name}-"[:58]


def name_of(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def namespace_of(obj: Object) -> str:
    return str(obj["metadata"].get("namespace", ""))


def uid_of(obj: Object) -> str:
    return str(obj["metadata"].get("uid", ""))


def key_of(resource: str, obj: Object) -> Key:
    return Key(resource, namespace_of(obj), name_of(obj))


# --- time ----------------------------------------------------------------------------


def epoch(text: str | None) -> float:
    """Epoch seconds of an object's time, 0 where there is none."""
    return datetime.fromisoformat(text).timestamp() if text else 0.0


# --- owners --------------------------------------------------------------------------


def controller_of(obj: Object) -> Mapping[str, Any] | None:
    """The owner reference that says `controller: true`."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return None


def controlled(view: View, owner: Object, resource: str) -> list[Object]:
    """The objects of a resource that `owner` controls, in key order."""
    uid = uid_of(owner)
    return [
        each
        for each in view.owned(uid, resource)
        if (controller := controller_of(each)) is not None and controller["uid"] == uid
    ]


def owner_reference(owner: Object) -> dict[str, Any]:
    """The controller reference that Kubernetes' controllers put on what they make."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def key_of_controller(obj: Object, kind: str, resource: str) -> Key | None:
    """The key of the controller of `obj` where it is of `kind`."""
    controller = controller_of(obj)
    if controller is None or controller["kind"] != kind:
        return None
    return Key(resource, namespace_of(obj), str(controller["name"]))


def deleting(obj: Object) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def propagation(kind: Kind, obj: Object | None) -> str | None:
    """What a controller's delete says of the dependents: they go, also those of a kind whose
    dependents a client leaves behind if it says nothing."""
    finalizers = obj["metadata"].get("finalizers") or () if obj else ()
    return "Background" if kind.orphan_by_default and FOREGROUND not in finalizers else None


def accepts_content(view: View, namespace: str) -> bool:
    """Whether something may still be created in a namespace."""
    found = view.get("namespaces", "", namespace)
    return found is None or not deleting(found)


# --- selectors -----------------------------------------------------------------------


def matches_labels(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in wanted.items())


def matches(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """A LabelSelector against labels. None selects nothing, an empty one everything."""
    return from_object(selector).matches(labels)


def labels_of(obj: Object) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}


# --- pods ----------------------------------------------------------------------------


def condition(obj: Object, type_: str) -> Mapping[str, Any] | None:
    for each in obj.get("status", {}).get("conditions") or ():
        if each["type"] == type_:
            return dict(each)
    return None


def pod_finished(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def pod_active(pod: Object) -> bool:
    """Neither finished nor on its way out."""
    return not pod_finished(pod) and not deleting(pod)


def ready_since(pod: Object) -> float | None:
    """Since when the pod is ready, in epoch seconds; None while it is not."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    return epoch(ready.get("lastTransitionTime"))


def available_at(pod: Object, min_ready: int) -> float | None:
    """When the pod counts as available; None while it is not ready."""
    since = ready_since(pod)
    return None if since is None else since + min_ready


# --- conditions and drafts -----------------------------------------------------------


def with_condition(
    conditions: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The conditions with `wanted` in the place of the one of its type, or at the end."""
    result = [dict(each) for each in conditions]
    for index, each in enumerate(result):
        if each["type"] == wanted["type"]:
            result[index] = dict(wanted)
            return result
    return [*result, dict(wanted)]


def draft(obj: Object) -> Object:
    """A copy whose metadata, spec and status may be changed one level deep."""
    copy = dict(obj)
    metadata = dict(obj["metadata"])
    for name in ("labels", "annotations"):
        if name in metadata:
            metadata[name] = dict(metadata[name] or {})
    copy["metadata"] = metadata
    for name in ("spec", "status"):
        if name in obj:
            copy[name] = dict(obj[name] or {})
    return copy
