"""Taints that the pod does not tolerate (TaintToleration)."""

from __future__ import annotations

from kctl.scheduler.taints import untolerated
from kctl.scheduler.types import NodeInfo, Object

_EFFECTS = frozenset({"NoSchedule", "NoExecute"})


class Taints:
    name = "TaintToleration"

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        taints = info.node["spec"].get("taints")
        if not taints:
            return ()
        if untolerated(taints, pod["spec"].get("tolerations") or (), _EFFECTS) is None:
            return ()
        return ("node(s) had untolerated taint(s)",)

    def eviction_helps(self, pod: Object, info: NodeInfo) -> bool:
        return False

    def explain(self, pod: Object) -> str:
        keys = [each.get("key") or "*" for each in pod["spec"].get("tolerations") or ()]
        return "tolerates " + ", ".join(sorted(set(keys))) if keys else "tolerates no taint"
