"""The scheduling controller: hands pending pods to their scheduler and binds them.

A pod is pending while it is bound to no node. New pods are tried at once; the others
again when a node changes or something makes room. A refusal is written, and told as an
event, only when its words change: a settled world stays settled.
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
    name_of,
    namespace_of,
    pod_finished,
    with_condition,
)
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.scheduler.node_cache import NodeCache
from kctl.scheduler.node_info import assume
from kctl.scheduler.types import Decision, NodeInfo, Scheduler
from kctl.store.types import Key

PENDING = Key("pods", "", "")
"""Stands for every pending pod."""


def _of_pod(pod: Object, view: View) -> Iterable[Key]:
    if not pod["spec"].get("nodeName"):
        return [key_of("pods", pod)]
    gone = deleting(pod) or pod_finished(pod) or view.get(*key_of("pods", pod)) is None
    if gone:
        return [PENDING]
    return [] if _scheduled(pod) else [key_of("pods", pod)]


def _of_node(node: Object, view: View) -> Iterable[Key]:
    return [PENDING]


class SchedulingController:
    """`kctl_controllers`: pods without a node. Named as the source of its events."""

    name = "default-scheduler"
    watches: Mapping[str, Mapper] = {"pods": _of_pod, "nodes": _of_node}

    def __init__(self, schedulers: Sequence[Scheduler]) -> None:
        self._schedulers = {each.name: each for each in schedulers}
        self._nodes = NodeCache()

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        pods = [pod for pod in self._concerned(keys, view) if not deleting(pod)]
        for pod in pods:
            if pod["spec"].get("nodeName") and not _scheduled(pod):
                changes.update_status(_with_scheduled(pod, now))
        waiting = [pod for pod in pods if not pod["spec"].get("nodeName")]
        placed: list[tuple[Object, str]] = []
        for name, scheduler in self._schedulers.items():
            mine = [pod for pod in waiting if _scheduler_name(pod) == name]
            ready = _in_order(_without_gated(mine, now, changes))
            if ready:
                infos = self._node_infos(view, placed)
                decisions = scheduler.schedule(ready, infos)
                for pod, decision in zip(ready, decisions, strict=True):
                    _apply(pod, decision, now, changes)
                    if decision.node is not None:
                        placed.append((pod, decision.node))
        return changes

    def _concerned(self, keys: Sequence[Key], view: View) -> list[Object]:
        """The pods of the keys; every pending one as well where room was made."""
        pods = {key: pod for key in keys if key != PENDING and (pod := view.get(*key))}
        if PENDING in keys:
            pods.update((key_of("pods", pod), pod) for pod in view.on_node(""))
        return list(pods.values())

    def _node_infos(self, view: View, placed: Sequence[tuple[Object, str]]) -> Sequence[NodeInfo]:
        nodes = ((node, view.on_node(name_of(node))) for node in view.list("nodes"))
        infos = self._nodes.infos(nodes)
        by_name = {info.name: info for info in infos}
        for pod, name in placed:
            assume(by_name[name], pod)
        return infos


def _scheduler_name(pod: Object) -> str:
    return str(pod["spec"].get("schedulerName") or "default-scheduler")


def _scheduled(pod: Object) -> bool:
    found = condition(pod, "PodScheduled")
    return found is not None and found["status"] == "True"


def _in_order(pods: Iterable[Object]) -> list[Object]:
    """The important before the others, then the oldest first."""
    return sorted(
        pods,
        key=lambda pod: (
            -int(pod["spec"].get("priority") or 0),
            epoch(pod["metadata"].get("creationTimestamp")),
            namespace_of(pod),
            name_of(pod),
        ),
    )


def _without_gated(pods: Iterable[Object], now: datetime, changes: Changes) -> list[Object]:
    """The pods whose scheduling gates are open; the others say that they wait for them."""
    free = []
    for pod in pods:
        if pod["spec"].get("schedulingGates"):
            message = "Scheduling is blocked due to non-empty scheduling gates"
            _refuse(pod, "SchedulingGated", message, now, changes)
        else:
            free.append(pod)
    return free


def _apply(pod: Object, decision: Decision, now: datetime, changes: Changes) -> None:
    if decision.node is None:
        if _refuse(pod, "Unschedulable", decision.message, now, changes):
            changes.event(pod, "Warning", "FailedScheduling", decision.message)
        return
    bound = _with_scheduled(pod, now)
    bound["spec"] = pod["spec"] | {"nodeName": decision.node}
    changes.update(bound)
    name = f"{namespace_of(pod)}/{name_of(pod)}"
    message = f"Successfully assigned {name} to {decision.node}"
    changes.event(pod, "Normal", "Scheduled", message)


def _refuse(pod: Object, reason: str, message: str, now: datetime, changes: Changes) -> bool:
    """Set the condition; True if that says something new."""
    current = condition(pod, "PodScheduled")
    if current is not None and (current.get("reason"), current.get("message")) == (reason, message):
        return False
    wanted = {
        "type": "PodScheduled",
        "status": "False",
        "lastProbeTime": None,
        "lastTransitionTime": _transition(current, "False", now),
        "reason": reason,
        "message": message,
    }
    changes.update_status(_with(pod, wanted))
    return True


def _with_scheduled(pod: Object, now: datetime) -> Object:
    current = condition(pod, "PodScheduled")
    wanted = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": _transition(current, "True", now),
    }
    return _with(pod, wanted)


def _transition(current: Mapping[str, object] | None, status: str, now: datetime) -> object:
    if current is not None and current["status"] == status:
        return current["lastTransitionTime"]
    return now_text(now)


def _with(pod: Object, wanted: Mapping[str, object]) -> Object:
    status = dict(pod.get("status") or {})
    status["conditions"] = with_condition(status.get("conditions") or (), wanted)
    return {**pod, "status": status}
