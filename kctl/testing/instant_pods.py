"""Pods without a runtime: what a test of controllers needs of them.

A bound pod runs at once and is ready `ready_after` seconds later; a deleted one is gone at
once. Pods of a node whose host does not answer stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.api.times import now_text
from kctl.controllers.common import (
    condition,
    deleting,
    epoch,
    key_of,
    uid_of,
    with_condition,
)
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("pods", obj)] if obj["spec"].get("nodeName") else []


def _on_node(node: Object, view: View) -> Iterable[Key]:
    return [key_of("pods", pod) for pod in view.on_node(node["metadata"]["name"])]


class InstantPods:
    """A controller in the place of the one that drives a runtime."""

    name = "instant-pods"
    watches: Mapping[str, Mapper] = {"pods": _own_key, "observed/nodes": _on_node}

    def __init__(self, ready_after: float = 0.0) -> None:
        self.ready_after = ready_after
        self.broken_images: set[str] = set()
        """Pods with a container of such an image never get ready."""
        self._addresses: dict[str, str] = {}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            pod = view.get(*key)
            if pod is None:
                continue
            seen = view.node(pod["spec"]["nodeName"])
            if seen is not None and not seen.reachable:
                continue
            if deleting(pod):
                changes.delete(key, uid_of(pod), 0)
            else:
                self._run(key, pod, now, changes)
        return changes

    def _run(self, key: Key, pod: Object, now: datetime, changes: Changes) -> None:
        status = dict(pod.get("status") or {})
        if status.get("phase") == "Pending":
            address = self._address(uid_of(pod))
            status.update(phase="Running", startTime=now_text(now))
            status.update(podIP=address, podIPs=[{"ip": address}])
        if status.get("phase") != "Running":
            return
        due = epoch(status["startTime"]) + self.ready_after
        ready = now.timestamp() >= due and not self._is_broken(pod)
        if not ready and not self._is_broken(pod):
            changes.requeue(key, due)
        known = condition(pod, "Ready")
        word = "True" if ready else "False"
        if known is None or known["status"] != word:
            wanted = {"type": "Ready", "status": word, "lastTransitionTime": now_text(now)}
            status["conditions"] = with_condition(status.get("conditions") or (), wanted)
        if status != pod.get("status"):
            changes.update_status({**pod, "status": status})

    def _is_broken(self, pod: Object) -> bool:
        return any(each.get("image") in self.broken_images for each in pod["spec"]["containers"])

    def _address(self, uid: str) -> str:
        number = len(self._addresses) + 1
        return self._addresses.setdefault(uid, f"10.98.{16 + number // 250}.{number % 250 + 3}")
