"""The pod garbage collector: pods bound to a node that no longer exists.

Nobody can stop them any more, so after a while, in which the node may come back, they are
removed at once; their owners make others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.controllers.common import key_of, uid_of
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key, Memo

QUARANTINE = 40
"""Seconds that a node may be missing, as in Kubernetes."""


def missing_memo(node: str) -> str:
    """Holds since when a node with pods is missing, in epoch seconds."""
    return f"node/missing/{node}"


def _own_key(node: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", node)]


def _of_pod(pod: Object, view: View) -> Iterable[Key]:
    name = pod["spec"].get("nodeName")
    return [Key("nodes", "", name)] if name and view.get("nodes", "", name) is None else []


class PodGarbageCollector:
    """`kctl_controllers`: keys are nodes."""

    name = "pod-garbage-collector"
    watches: Mapping[str, Mapper] = {"nodes": _own_key, "pods": _of_pod}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            pods = view.on_node(key.name) if view.get(*key) is None else []
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
