"""The namespace controller: those that always exist, and the end of the others.

A namespace under deletion first loses everything in it, then its finalizer. Its conditions
say what it still waits for, in Kubernetes' words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import (
    deleting,
    key_of,
    name_of,
    namespace_of,
    uid_of,
    with_condition,
)
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

DEFAULTS = ("default", "kube-node-lease", "kube-public", "kube-system")
_FINALIZER = "kubernetes"


def new_namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _missing(obj: Object, view: View) -> Iterable[Key]:
    """A node is the first sign of life of a control plane."""
    for name in DEFAULTS:
        if view.get("namespaces", "", name) is None:
            yield Key("namespaces", "", name)


def _around(obj: Object, view: View) -> Iterable[Key]:
    """The namespace itself, or the one that an object stands in while it is ending."""
    if obj["kind"] == "Namespace":
        yield key_of("namespaces", obj)
        return
    namespace = namespace_of(obj)
    holder = view.get("namespaces", "", namespace) if namespace else None
    if holder is not None and deleting(holder):
        yield key_of("namespaces", holder)


class NamespaceController:
    """`kctl_controllers`: namespaces."""

    name = "namespace-controller"
    watches: Mapping[str, Mapper] = {"*": _around, "observed/nodes": _missing}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            namespace = view.get(*key)
            if namespace is None and key.name in DEFAULTS:
                changes.create(new_namespace(key.name))
            elif namespace is not None and deleting(namespace):
                _end(namespace, view, now, changes)
        return changes


def _end(namespace: Object, view: View, now: datetime, changes: Changes) -> None:
    """Delete what is left; finalize when nothing is."""
    left: Counter[str] = Counter()
    finalizers: Counter[str] = Counter()
    for kind in view.kinds():
        if not kind.namespaced:
            continue
        for each in view.list(kind.resource, name_of(namespace)):
            left[kind.resource if kind.group else f"{kind.plural}."] += 1
            finalizers.update(each["metadata"].get("finalizers") or ())
            if not deleting(each):
                changes.delete(key_of(kind.resource, each), uid_of(each))
    status = {"phase": "Terminating", "conditions": _conditions(namespace, left, finalizers, now)}
    if status != namespace.get("status"):
        changes.update_status({**namespace, "status": status})
    if not left and _FINALIZER in (namespace["spec"].get("finalizers") or ()):
        _finalize(namespace, changes)


def _finalize(namespace: Object, changes: Changes) -> None:
    spec = namespace["spec"]
    kept = [each for each in spec["finalizers"] if each != _FINALIZER]
    metadata = {k: v for k, v in namespace["metadata"].items() if k != "resourceVersion"}
    finalized = {**namespace, "metadata": metadata, "spec": {**spec, "finalizers": kept}}
    changes.updates.append((finalized, "finalize"))


def _conditions(
    namespace: Object, left: Mapping[str, int], finalizers: Mapping[str, int], now: datetime
) -> list[dict[str, Any]]:
    conditions = (namespace.get("status") or {}).get("conditions") or []
    for type_, status, reason, message in _statements(left, finalizers):
        known = next((each for each in conditions if each["type"] == type_), None)
        since = now_text(now)
        if known is not None and known["status"] == status:
            since = known["lastTransitionTime"]
        wanted = {
            "type": type_,
            "status": status,
            "lastTransitionTime": since,
            "reason": reason,
            "message": message,
        }
        conditions = with_condition(conditions, wanted)
    return list(conditions)


def _statements(
    left: Mapping[str, int], finalizers: Mapping[str, int]
) -> list[tuple[str, str, str, str]]:
    resources = ", ".join(
        f"{name} has {count} resource instances" for name, count in sorted(left.items())
    )
    waiting = ", ".join(
        f"{name} in {count} resource instances" for name, count in sorted(finalizers.items())
    )
    return [
        (
            "NamespaceDeletionDiscoveryFailure",
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        (
            "NamespaceContentRemaining",
            "True" if left else "False",
            "SomeResourcesRemain" if left else "ContentRemoved",
            f"Some resources are remaining: {resources}"
            if left
            else "All content successfully removed",
        ),
        (
            "NamespaceFinalizersRemaining",
            "True" if finalizers else "False",
            "SomeFinalizersRemain" if finalizers else "ContentHasNoFinalizers",
            f"Some content in the namespace has finalizers remaining: {waiting}"
            if finalizers
            else "All content-preserving finalizers finished",
        ),
    ]
