"""The pod garbage collector: pods bound to a node that no longer exists, or is out of service.

Nobody can stop them any more. Where the node is gone they are removed after a while, in which
it may come back; where somebody says that the host was destroyed, as soon as they are deleted.
Their owners make others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.controllers.common import deleting, key_of, uid_of
from kctl.controllers.nodelifecycle_disruption import ready
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key, Memo

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
QUARANTINE = 40
"""Seconds that a node may be missing, as in Kubernetes."""


def missing_memo(node: str) -> str:
    """Holds since when a node with pods is missing, in epoch seconds."""
    return f"node/missing/{node}"


def _own_key(node: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", node)]


def _of_pod(pod: Object, view: View) -> Iterable[Key]:
    name = pod["spec"].get("nodeName")
    if not name:
        return []
    node = view.get("nodes", "", name)
    return [Key("nodes", "", name)] if node is None or _destroyed(node) else []


def _destroyed(node: Object) -> bool:
    """Somebody says that nothing runs there any more.

    https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#non-graceful-node-shutdown"""
    taints = node["spec"].get("taints") or ()
    return not ready(node) and any(each["key"] == OUT_OF_SERVICE for each in taints)


class PodGarbageCollector:
    """`kctl_controllers`: keys are nodes."""

    name = "pod-garbage-collector"
    watches: Mapping[str, Mapper] = {"nodes": _own_key, "pods": _of_pod}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            node = view.get(*key)
            if node is not None and _destroyed(node):
                _forget_terminating(key.name, view, changes)
            pods = view.on_node(key.name) if node is None else []
            memo = view.recall(missing_memo(key.name))
            if not pods:
                if memo is not None:
                    changes.remember(missing_memo(key.name), None)
                continue
            since = float(memo.value) if memo is not None else now.timestamp()
            if memo is None:
                changes.remember(missing_memo(key.name), Memo(f"{since:.3f}"))
            if since + QUARANTINE > now.timestamp():
                changes.requeue(key, since + QUARANTINE)
                continue
            for pod in pods:
                changes.delete(key_of("pods", pod), uid_of(pod), 0)
        return changes


def _forget_terminating(node: str, view: View, changes: Changes) -> None:
    """Their containers ended with the host; should it come back, they are removed there."""
    for pod in view.on_node(node):
        if deleting(pod):
            changes.delete(key_of("pods", pod), uid_of(pod), 0)
