"""Avoids nodes with taints that only ask for it (TaintToleration, PreferNoSchedule)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kctl.scheduler.taints import tolerated
from kctl.scheduler.types import NodeInfo, Object


class PreferredTaints:
    name = "TaintToleration"
    weight = 3
    scope = "fixed"

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        """100 for a node without such a taint, 0 for the one with the most."""
        tolerations = pod["spec"].get("tolerations") or ()
        counts = {
            info.name: sum(
                taint.get("effect") == "PreferNoSchedule" and not tolerated(taint, tolerations)
                for taint in info.node["spec"].get("taints") or ()
            )
            for info in infos
        }
        most = max(counts.values(), default=0)
        if not most:
            return {}
        return {name: 100 - 100 * count / most for name, count in counts.items()}

    def explain(self, pod: Object) -> str:
        return "avoids PreferNoSchedule taints that it does not tolerate"
