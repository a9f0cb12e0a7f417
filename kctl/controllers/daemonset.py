"""The daemon set controller: a pod on every node that is to have one, renewed a few nodes
at a time.

Follows https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/ and
https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/. The old pod of a node
goes before the new one comes, also where maxSurge asks for the other order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.controllers import revisions
from kctl.controllers.common import (
    accepts_content,
    available_at,
    controlled,
    deleting,
    epoch,
    key_of,
    key_of_controller,
    labels_of,
    name_of,
    namespace_of,
    pod_active,
    ready_since,
    uid_of,
)
from kctl.controllers.daemonset_pods import PODS, belongs, new_pod, node_of
from kctl.controllers.deployment_replicas import scaled
from kctl.controllers.types import REFUSED, Changes, Event, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "daemonsets.apps"
NAME = "daemonset-controller"
RETRY = 30.0
"""Seconds after which a pod that was refused is asked for again."""

PAUSE = 10.0
"""Seconds that a failed pod stays, so that failing costs no more than it must."""


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, obj)]


def _of_pod(pod: Object, view: View) -> Iterable[Key]:
    key = key_of_controller(pod, "DaemonSet", RESOURCE)
    return [key] if key else []


def _of_node(node: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, each) for each in view.list(RESOURCE)]


class DaemonSetController:
    """`kctl_controllers`: daemonsets.apps."""

    name = NAME
    watches: Mapping[str, Mapper] = {RESOURCE: _own_key, PODS: _of_pod, "nodes": _of_node}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            daemon_set = view.get(*key)
            if daemon_set is not None:
                _Sync(daemon_set, view, now, changes).run()
        return changes


class _Sync:
    """One look at one daemon set."""

    def __init__(self, daemon_set: Object, view: View, now: datetime, changes: Changes) -> None:
        self.obj, self.view, self.now, self.changes = daemon_set, view, now, changes
        self.key = key_of(RESOURCE, daemon_set)
        self.nodes = list(view.list("nodes"))
        self.by_node: dict[str, list[Object]] = {}
        for pod in controlled(view, daemon_set, PODS):
            self.by_node.setdefault(node_of(pod), []).append(pod)
        self.wanted = {name_of(node): belongs(daemon_set, node) for node in self.nodes}

    def run(self) -> None:
        if deleting(self.obj):
            return
        word = revisions.current(self.obj, self.view, self.changes)
        if not self._refused():
            self._place(word)
            self._renew(word)
        pods = [pod for each in self.by_node.values() for pod in each]
        in_use = [word, *(labels_of(pod).get(revisions.HASH, "") for pod in pods)]
        limit = int(self.obj["spec"].get("revisionHistoryLimit", 10))
        revisions.forget_old(self.obj, in_use, limit, self.view, self.changes)
        status = self._status(word)
        if status != self.obj.get("status"):
            self.changes.update_status({**self.obj, "status": status})

    def _refused(self) -> bool:
        memo = self.view.recall(REFUSED + uid_of(self.obj))
        if memo is None:
            return False
        message = f"Error creating: {memo.value}"
        self.changes.event(self.obj, "Warning", "FailedCreate", message)
        self.changes.remember(REFUSED + uid_of(self.obj), None)
        self.changes.requeue(self.key, self.now.timestamp() + RETRY)
        return True

    def _place(self, word: str) -> None:
        """A pod where one is to be, none where none may stay, one at most anywhere."""
        for name, (fits, stays) in self.wanted.items():
            pods = [pod for pod in self.by_node.get(name, []) if not deleting(pod)]
            if not stays:
                for pod in pods:
                    self._delete(pod)
                continue
            active = [pod for pod in pods if pod_active(pod)]
            for pod in pods:
                if pod not in active:
                    self._clear(pod, name)
            active.sort(key=lambda pod: epoch(pod["metadata"].get("creationTimestamp")))
            for pod in active[1:]:
                self._delete(pod)
            if fits and not self.by_node.get(name):
                self._create(name, word)

    def _clear(self, pod: Object, node: str) -> None:
        """A pod that ended makes room for another after a while."""
        due = epoch(pod["metadata"].get("creationTimestamp")) + PAUSE
        if due > self.now.timestamp():
            self.changes.requeue(self.key, due)
            return
        message = f"Found failed daemon pod {namespace_of(pod)}/{name_of(pod)} on node {node}"
        text = f"{message}, will try to kill it"
        self.changes.event(self.obj, "Warning", "FailedDaemonPod", text)
        self._delete(pod)

    def _create(self, node: str, word: str) -> None:
        if not accepts_content(self.view, namespace_of(self.obj)):
            return
        pod = new_pod(self.obj, node, word, self.view, self.now)
        self.changes.create(pod)
        name = name_of(pod)
        made, message = Key(PODS, namespace_of(self.obj), name), f"Created pod: {name}"
        self.changes.events.append(
            Event(self.obj, "Normal", "SuccessfulCreate", message, "", NAME, made)
        )

    def _delete(self, pod: Object) -> None:
        self.changes.delete(key_of(PODS, pod), uid_of(pod))
        message = f"Deleted pod: {name_of(pod)}"
        self.changes.event(self.obj, "Normal", "SuccessfulDelete", message)

    def _available(self, pod: Object) -> bool:
        """Ready for long enough. Sets a timer for one that soon will be."""
        if not pod_active(pod):
            return False
        at = available_at(pod, int(self.obj["spec"].get("minReadySeconds", 0)))
        if at is not None and at > self.now.timestamp():
            self.changes.requeue(self.key, at)
        return at is not None and at <= self.now.timestamp()

    def _renew(self, word: str) -> None:
        """Delete pods of older revisions: those that serve nobody at once, of the others so
        many that no more nodes than allowed are without."""
        strategy = self.obj["spec"]["updateStrategy"]
        if strategy["type"] != "RollingUpdate":
            return
        desired = [name for name, (fits, _) in self.wanted.items() if fits]
        missing, old = 0, []
        for name in desired:
            pods = self.by_node.get(name, [])
            serving = [pod for pod in pods if self._available(pod)]
            missing += not serving
            for pod in pods:
                if pod_active(pod) and labels_of(pod).get(revisions.HASH) != word:
                    if pod in serving:
                        old.append(pod)
                    else:
                        self._delete(pod)
        rolling = strategy.get("rollingUpdate") or {}
        bound = rolling.get("maxUnavailable") or rolling.get("maxSurge") or 1
        allowed = max(scaled(bound, len(desired), up=True), 1)
        for pod in old[: max(allowed - missing, 0)]:
            self._delete(pod)

    def _status(self, word: str) -> dict[str, Any]:
        counts = {"desired": 0, "current": 0, "ready": 0, "available": 0, "updated": 0, "mis": 0}
        for name, (fits, _) in self.wanted.items():
            pods = [pod for pod in self.by_node.get(name, []) if pod_active(pod)]
            counts["desired"] += fits
            counts["mis"] += bool(pods) and not fits
            if not fits or not pods:
                continue
            pod = min(pods, key=lambda each: epoch(each["metadata"].get("creationTimestamp")))
            counts["current"] += 1
            counts["ready"] += ready_since(pod) is not None
            counts["available"] += self._available(pod)
            counts["updated"] += labels_of(pod).get(revisions.HASH) == word
        status: dict[str, Any] = {
            "currentNumberScheduled": counts["current"],
            "numberMisscheduled": counts["mis"],
            "desiredNumberScheduled": counts["desired"],
            "numberReady": counts["ready"],
            "observedGeneration": self.obj["metadata"].get("generation", 0),
            "updatedNumberScheduled": counts["updated"],
            "numberAvailable": counts["available"],
            "numberUnavailable": counts["desired"] - counts["available"],
        }
        kept = ("currentNumberScheduled", "numberMisscheduled")
        always = (*kept, "desiredNumberScheduled", "numberReady")
        before = self.obj.get("status") or {}
        if "collisionCount" in before:
            status["collisionCount"] = before["collisionCount"]
        return {name: value for name, value in status.items() if value or name in always}
