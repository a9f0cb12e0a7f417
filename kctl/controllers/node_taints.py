"""The taints that follow from a node's conditions.

https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import condition
from kctl.controllers.types import Object

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_PRESSURE = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
    "NetworkUnavailable": "node.kubernetes.io/network-unavailable",
}
MANAGED = frozenset({NOT_READY, UNREACHABLE, UNSCHEDULABLE, *_PRESSURE.values()})


def wanted_taints(node: Object, now: datetime, *, evict: bool = True) -> list[dict[str, Any]]:
    """The node's taints as they should be: those of others in their places, then ours.
    One that stands already keeps the time when it was added. Without `evict` a node that is
    not ready takes no new pods, but keeps those that it has."""
    current = node["spec"].get("taints") or []
    known = {(each["key"], each["effect"]): each for each in current}
    kept = [dict(each) for each in current if each["key"] not in MANAGED]
    for key, effect in _from_conditions(node, evict):
        taint = dict(known.get((key, effect)) or {"key": key, "effect": effect})
        if key != UNSCHEDULABLE or effect == "NoExecute":
            taint.setdefault("timeAdded", now_text(now))
        kept.append(taint)
    return kept


def _from_conditions(node: Object, evict: bool) -> list[tuple[str, str]]:
    wanted = []
    if node["spec"].get("unschedulable"):
        wanted.append((UNSCHEDULABLE, "NoSchedule"))
    for type_, key in _PRESSURE.items():
        if _status(node, type_) == "True":
            wanted.append((key, "NoSchedule"))
    ready = _status(node, "Ready")
    if ready != "True":
        key = UNREACHABLE if ready == "Unknown" else NOT_READY
        wanted.append((key, "NoSchedule"))
        if evict:
            wanted.append((key, "NoExecute"))
    return wanted


def _status(node: Object, type_: str) -> str:
    """A node without a Ready condition yet has not said that it is ready."""
    found: Mapping[str, Any] | None = condition(node, type_)
    return str(found["status"]) if found else "False"
