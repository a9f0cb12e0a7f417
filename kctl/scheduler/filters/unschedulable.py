"""Cordoned nodes take no new pods (NodeUnschedulable)."""

from __future__ import annotations

from kctl.scheduler.taints import tolerated
from kctl.scheduler.types import NodeInfo, Object

_TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class Unschedulable:
    name = "NodeUnschedulable"

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        if not info.node["spec"].get("unschedulable"):
            return ()
        if tolerated(_TAINT, pod["spec"].get("tolerations") or ()):
            return ()
        return ("node(s) were unschedulable",)

    def eviction_helps(self, pod: Object, info: NodeInfo) -> bool:
        return False

    def explain(self, pod: Object) -> str:
        return "a node that is not cordoned"
