"""The node life cycle controller: hosts that fall silent, and what then becomes of their pods.

A host that does not answer for longer than the setting "node-monitor-grace-period" is
Unknown: its node is tainted and its pods are not ready any more; those that do not
tolerate the taint are deleted, so that their owners replace them elsewhere. When the host
answers again, the taints go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import (
    condition,
    deleting,
    epoch,
    key_of,
    name_of,
    namespace_of,
    pod_finished,
    uid_of,
    with_condition,
)
from kctl.controllers.node_taints import wanted_taints
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.scheduler.taints import tolerates
from kctl.store.types import Key, Memo

_SILENT = "Kubelet stopped posting node status."
_CONDITIONS = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", obj)]


def _of_pod(pod: Object, view: View) -> Iterable[Key]:
    """Pods matter here only on a node that asks them to leave."""
    name = pod["spec"].get("nodeName")
    node = view.get("nodes", "", name) if name else None
    return [key_of("nodes", node)] if node is not None and _evicting(node) else []


class NodeLifecycleController:
    """`kctl_controllers`: nodes, and the pods on nodes that are not ready."""

    name = "node-controller"
    watches: Mapping[str, Mapper] = {
        "nodes": _own_key,
        "observed/nodes": _own_key,
        "pods": _of_pod,
    }

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            node = view.get(*key)
            if node is None:
                changes.remember(_memo_name(key.name), None)
                continue
            node = _mark_silence(node, view, now, changes)
            _set_taints(node, now, changes)
            if not _is_ready(node):
                _mark_pods(node, view, now, changes)
            _evict(node, view, now, changes)
        return changes


# --- silence -------------------------------------------------------------------------


def _memo_name(node: str) -> str:
    """Holds since when a node does not answer, in epoch seconds."""
    return f"node/silent/{node}"


def _mark_silence(node: Object, view: View, now: datetime, changes: Changes) -> Object:
    """The node as it is after this look: Unknown when the grace period is over."""
    name, seen = name_of(node), view.node(name_of(node))
    memo = view.recall(_memo_name(name))
    if seen is None or seen.reachable:
        if memo is not None and seen is not None:
            changes.remember(_memo_name(name), None)
        return node
    since = float(memo.value) if memo is not None else now.timestamp()
    if memo is None:
        changes.remember(_memo_name(name), Memo(f"{since:.3f}"))
    due = since + float(view.setting("node-monitor-grace-period"))
    if due > now.timestamp():
        changes.requeue(key_of("nodes", node), due)
        return node
    return _mark_unknown(node, now, changes)


def _mark_unknown(node: Object, now: datetime, changes: Changes) -> Object:
    status = dict(node.get("status") or {})
    conditions = status.get("conditions") or []
    for type_ in _CONDITIONS:
        conditions = with_condition(conditions, _unknown(condition(node, type_), type_, now))
    status["conditions"] = conditions
    silent = {**node, "status": status}
    if status != node.get("status"):
        changes.update_status(silent)
        message = f"Node {name_of(node)} status is now: NodeNotReady"
        changes.event(node, "Normal", "NodeNotReady", message)
    return silent


def _unknown(known: Mapping[str, Any] | None, type_: str, now: datetime) -> Mapping[str, Any]:
    if known is not None and known["status"] == "Unknown":
        return known
    at = now_text(now)
    never = known is None
    return {
        "type": type_,
        "status": "Unknown",
        "lastHeartbeatTime": at if known is None else known.get("lastHeartbeatTime", at),
        "lastTransitionTime": at,
        "reason": "NodeStatusNeverUpdated" if never else "NodeStatusUnknown",
        "message": "Kubelet never posted node status." if never else _SILENT,
    }


# --- taints --------------------------------------------------------------------------


def _set_taints(node: Object, now: datetime, changes: Changes) -> None:
    wanted = wanted_taints(node, now)
    if wanted == (node["spec"].get("taints") or []):
        return
    spec = {name: value for name, value in node["spec"].items() if name != "taints"}
    if wanted:
        spec["taints"] = wanted
    metadata = {k: v for k, v in node["metadata"].items() if k != "resourceVersion"}
    changes.update({**node, "metadata": metadata, "spec": spec})


def _is_ready(node: Object) -> bool:
    ready = condition(node, "Ready")
    return ready is not None and ready["status"] == "True"


# --- pods ----------------------------------------------------------------------------


def _mark_pods(node: Object, view: View, now: datetime, changes: Changes) -> None:
    """Pods of a node that is not ready are not ready either, whatever they last said."""
    for pod in view.on_node(name_of(node)):
        ready = condition(pod, "Ready")
        if ready is None or ready["status"] != "True" or pod_finished(pod):
            continue
        wanted = {**ready, "status": "False", "lastTransitionTime": now_text(now)}
        conditions = with_condition(pod["status"]["conditions"], wanted)
        changes.update_status({**pod, "status": {**pod["status"], "conditions": conditions}})
        changes.event(pod, "Warning", "NodeNotReady", "Node is not ready")


def _evicting(node: Object) -> list[Mapping[str, Any]]:
    taints = node["spec"].get("taints") or ()
    return [each for each in taints if each.get("effect") == "NoExecute"]


def _evict(node: Object, view: View, now: datetime, changes: Changes) -> None:
    """Delete the pods whose toleration of a NoExecute taint is over, or was never there."""
    taints = _evicting(node)
    if not taints:
        return
    for pod in view.on_node(name_of(node)):
        if deleting(pod) or pod_finished(pod):
            continue
        leaves = leaves_at(pod, taints, now)
        if leaves is None:
            continue
        if leaves > now.timestamp():
            changes.requeue(key_of("nodes", node), leaves)
            continue
        changes.delete(key_of("pods", pod), uid_of(pod))
        message = f"Marking for deletion Pod {namespace_of(pod)}/{name_of(pod)}"
        changes.event(pod, "Normal", "TaintManagerEviction", message)


def leaves_at(pod: Object, taints: Sequence[Mapping[str, Any]], now: datetime) -> float | None:
    """When the first taint drives the pod out, in epoch seconds; None for never. Of several
    tolerations of one taint the shortest counts."""
    times = []
    for taint in taints:
        matching = [each for each in pod["spec"].get("tolerations") or () if tolerates(each, taint)]
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
