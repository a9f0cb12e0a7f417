"""Spreads the pods of one owner over the nodes (PodTopologySpread's default)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kctl.scheduler.types import NodeInfo, Object


class Spread:
    name = "PodTopologySpread"
    weight = 2
    scope = "node"

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        """100 for a node without a pod of the same controller, 50 for one, 33 for two."""
        owner = _owner(pod)
        if not owner:
            return {}
        return {
            info.name: 100 / (1 + sum(_owner(other) == owner for other in info.pods))
            for info in infos
        }

    def explain(self, pod: Object) -> str:
        return "prefers nodes with few pods of the same owner" if _owner(pod) else ""


def _owner(pod: Object) -> str:
    for reference in pod["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return str(reference["uid"])
    return ""
