"""Taint-based eviction: pods leave a node whose NoExecute taints they do not tolerate.

https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
The pod is deleted in the store; its containers end when its node answers. Until then it is
Terminating, so its name runs nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import (
    controller_of,
    deleting,
    epoch,
    key_of,
    name_of,
    namespace_of,
    pod_finished,
    uid_of,
    with_condition,
)
from kctl.controllers.node_taints import UNREACHABLE
from kctl.controllers.types import Changes, Object, View
from kctl.scheduler.pins import data_of, lost_pins
from kctl.scheduler.taints import tolerates
from kctl.store.types import Memo

Taint = Mapping[str, Any]
_OWNERS = {"ReplicaSet": "replicasets.apps"}


def evicting(node: Object) -> list[Taint]:
    taints = node["spec"].get("taints") or ()
    return [each for each in taints if each.get("effect") == "NoExecute"]


def evict(node: Object, view: View, now: datetime, changes: Changes) -> None:
    """Delete the pods whose toleration of a NoExecute taint is over, or was never there."""
    taints = evicting(node)
    if not taints:
        return
    lost = any(each["key"] == UNREACHABLE for each in taints)
    staying: list[Object] = []
    for pod in view.on_node(name_of(node)):
        if deleting(pod) or pod_finished(pod):
            continue
        leaves = leaves_at(pod, taints, now)
        if leaves is None:
            continue
        if leaves > now.timestamp():
            changes.requeue(key_of("nodes", node), leaves)
        elif lost and _would_be_back(pod, view):
            staying.append(pod)
        else:
            _delete(pod, now, changes)
            if lost:
                _tell_of_loss(pod, node, view, changes)
    _tell_once(staying, node, view, changes)


def _delete(pod: Object, now: datetime, changes: Changes) -> None:
    target = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": now_text(now),
        "reason": "DeletionByTaintManager",
        "message": "Taint manager: deleting due to NoExecute taint",
    }
    status = dict(pod.get("status") or {})
    status["conditions"] = with_condition(status.get("conditions") or (), target)
    changes.update_status({**pod, "status": status})
    changes.delete(key_of("pods", pod), uid_of(pod))
    message = f"Marking for deletion Pod {namespace_of(pod)}/{name_of(pod)}"
    changes.event(pod, "Normal", "TaintManagerEviction", message)


def cancel(node: Object, before: Sequence[Taint], view: View, changes: Changes) -> None:
    """The taints `before` are gone: say so of every pod that would have left in time."""
    for pod in view.on_node(name_of(node)):
        tolerated = [[each for each in _tolerations(pod) if tolerates(each, t)] for t in before]
        bounded = any(each.get("tolerationSeconds") is not None for t in tolerated for each in t)
        if bounded and not deleting(pod) and not pod_finished(pod):
            message = f"Cancelling deletion of Pod {namespace_of(pod)}/{name_of(pod)}"
            changes.event(pod, "Normal", "TaintManagerEviction", message)


def leaves_at(pod: Object, taints: Sequence[Taint], now: datetime) -> float | None:
    """When the first taint drives the pod out, in epoch seconds; None for never. Of several
    tolerations of one taint the shortest counts."""
    times = []
    for taint in taints:
        matching = [each for each in _tolerations(pod) if tolerates(each, taint)]
        if not matching:
            return now.timestamp()
        seconds = [
            max(0, int(each["tolerationSeconds"]))
            for each in matching
            if each.get("tolerationSeconds") is not None
        ]
        if seconds:
            added = epoch(taint.get("timeAdded")) or now.timestamp()
            times.append(added + min(seconds))
    return min(times, default=None)


def _tolerations(pod: Object) -> Sequence[Mapping[str, Any]]:
    return pod["spec"].get("tolerations") or ()


# --- what cannot move ----------------------------------------------------------------


def _would_be_back(pod: Object, view: View) -> bool:
    """Its controller would bind the next one to the same node at once: nothing is won by
    an eviction, and what runs there may go on."""
    owner = controller_of(pod)
    resource = _OWNERS.get(owner["kind"]) if owner is not None else None
    if owner is None or resource is None:
        return False
    found = view.get(resource, namespace_of(pod), owner["name"])
    named = found["spec"]["template"]["spec"].get("nodeName") if found is not None else None
    return bool(named and named == pod["spec"].get("nodeName"))


def _tell_of_loss(pod: Object, node: Object, view: View, changes: Changes) -> None:
    """What stands in the way of a pod that should be elsewhere by now."""
    reasons, _ = lost_pins(pod, lambda: view.list("nodes"))
    if controller_of(pod) is None:
        reasons = ["no controller makes another one", *(reasons or data_of(pod))]
    if reasons:
        _tell(pod, node, ", ".join(reasons), changes)


def _tell(pod: Object, node: Object, why: str, changes: Changes) -> None:
    text = f"Node {name_of(node)} does not answer and the pod cannot move: {why}"
    changes.event(pod, "Warning", "NodeLost", text)


def _tell_once(pods: Sequence[Object], node: Object, view: View, changes: Changes) -> None:
    told = _told(node, view)
    fresh = [pod for pod in pods if uid_of(pod) not in told]
    if fresh:
        uids = [*told, *map(uid_of, fresh)]
        changes.remember(_memo_name(name_of(node)), Memo(json.dumps(uids)))
    for pod in fresh:
        _tell(pod, node, "its controller's template names this node", changes)


def _told(node: Object, view: View) -> list[str]:
    memo = view.recall(_memo_name(name_of(node)))
    return list(json.loads(memo.value)) if memo is not None else []


def _memo_name(node: str) -> str:
    """Holds the uids of pods of which was said why they stay on a node that is lost."""
    return f"node/staying/{node}"


def forget(node: str, view: View, changes: Changes) -> None:
    """The node answers, or is gone."""
    if view.recall(_memo_name(node)) is not None:
        changes.remember(_memo_name(node), None)
