"""The node life cycle controller: hosts that fall silent, and what then becomes of their pods.

A host that does not answer for longer than the setting "node-monitor-grace-period" is
Unknown: its node is tainted and its pods are not ready any more, so they leave every load
balancer in the same pass. Those that do not tolerate the taint are deleted after a while, so
that their owners replace them elsewhere. When the host answers again, the taints go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers import nodelifecycle_disruption as disruption
from kctl.controllers.common import (
    condition,
    key_of,
    name_of,
    pod_finished,
    with_condition,
)
from kctl.controllers.node_taints import wanted_taints
from kctl.controllers.nodelifecycle_disruption import ready
from kctl.controllers.nodelifecycle_eviction import cancel, evict, evicting, forget
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key, Memo

_SILENT = "Kubelet stopped posting node status."
_CONDITIONS = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", obj)]


def _of_pod(pod: Object, view: View) -> Iterable[Key]:
    """Pods matter here only on a node that asks them to leave."""
    name = pod["spec"].get("nodeName")
    node = view.get("nodes", "", name) if name else None
    return [key_of("nodes", node)] if node is not None and evicting(node) else []


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
        nodes: dict[str, Object] = {}
        for key in keys:
            node = view.get(*key)
            if node is None:
                changes.remember(silent_memo(key.name), None)
                forget(key.name, view, changes)
            else:
                nodes[key.name] = _mark_silence(node, view, now, changes)
        spared = _spared(nodes, len(nodes) < len(keys), view, changes)
        for node in nodes.values():
            _set_taints(node, view, now, changes, evict=not spared.spares(node))
            if not ready(node):
                _mark_pods(node, view, now, changes)
            evict(node, view, now, changes)
        return changes


def _spared(
    nodes: dict[str, Object], gone: bool, view: View, changes: Changes
) -> disruption.Disruption:
    """Where nobody is evicted. A change of that concerns every silent node: they join
    `nodes`. Settled nodes that are ready cost no look at the others."""
    if not gone and not disruption.known(view) and all(map(ready, nodes.values())):
        return disruption.Disruption({})
    found, changed = disruption.follow(nodes, view, changes)
    for node in view.list("nodes") if changed else ():
        if not ready(node):
            nodes.setdefault(name_of(node), node)
    return found


# --- silence -------------------------------------------------------------------------


def silent_memo(node: str) -> str:
    """Holds since when a node does not answer, in epoch seconds."""
    return f"node/silent/{node}"


def _mark_silence(node: Object, view: View, now: datetime, changes: Changes) -> Object:
    """The node as it is after this look: Unknown when the grace period is over."""
    name, seen = name_of(node), view.node(name_of(node))
    memo = view.recall(silent_memo(name))
    if seen is None or seen.reachable or seen.refused:
        if memo is not None and seen is not None:
            changes.remember(silent_memo(name), None)
        return node
    grace = float(view.setting("node-monitor-grace-period"))
    since = float(memo.value) if memo is not None else _silent_since(seen.at, grace, now)
    if memo is None:
        changes.remember(silent_memo(name), Memo(f"{since:.3f}"))
    due = since + grace
    if due > now.timestamp():
        changes.requeue(key_of("nodes", node), due)
        return node
    return _mark_unknown(node, now, changes)


def _silent_since(asked: float, grace: float, now: datetime) -> float:
    """Since it was asked in vain, but one failure alone is no loss: for half of the grace
    period it may answer another look."""
    return min(max(asked, now.timestamp() - grace / 2), now.timestamp())


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


def _set_taints(node: Object, view: View, now: datetime, changes: Changes, *, evict: bool) -> None:
    wanted, before = wanted_taints(node, now, evict=evict), evicting(node)
    if wanted == (node["spec"].get("taints") or []):
        return
    spec = {name: value for name, value in node["spec"].items() if name != "taints"}
    if wanted:
        spec["taints"] = wanted
    metadata = {k: v for k, v in node["metadata"].items() if k != "resourceVersion"}
    changes.update({**node, "metadata": metadata, "spec": spec})
    if before and not any(each.get("effect") == "NoExecute" for each in wanted):
        cancel(node, before, view, changes)
        forget(name_of(node), view, changes)


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
