"""Spread constraints that are only wished for (PodTopologySpread, ScheduleAnyway)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kctl.scheduler.pod_terms import domain
from kctl.scheduler.spreading import Spreading, constraints
from kctl.scheduler.types import NodeInfo, Object


class PreferredSpread:
    name = "PodTopologySpread (ScheduleAnyway)"
    weight = 2
    scope = "all"

    def concerns(self, pod: Object) -> bool:
        return bool(constraints(pod, "ScheduleAnyway"))

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        """100 in the emptiest domain, 0 in the fullest and where the label is missing."""
        soft = [Spreading(each, pod, infos) for each in constraints(pod, "ScheduleAnyway")]
        totals: dict[str, float] = {}
        for each in soft:
            most, least = max(each.counts.values(), default=0), min(each.counts.values(), default=0)
            for info in infos:
                value = domain(info.node, each.key)
                if value is None:
                    continue
                part = (most - each.counts.get(value, 0)) / (most - least) if most > least else 1.0
                totals[info.name] = totals.get(info.name, 0.0) + 100 * part / len(soft)
        return totals

    def explain(self, pod: Object) -> str:
        keys = [each["topologyKey"] for each in constraints(pod, "ScheduleAnyway")]
        return "prefers to spread over " + ", ".join(keys) if keys else ""
