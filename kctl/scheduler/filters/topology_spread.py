"""Spread constraints that must hold (PodTopologySpread, DoNotSchedule)."""

from __future__ import annotations

from collections.abc import Sequence

from kctl.scheduler.pod_terms import domain
from kctl.scheduler.spreading import Spreading, constraints
from kctl.scheduler.types import NodeInfo, Object

_SKEWED = ("node(s) didn't match pod topology spread constraints",)
_UNLABELLED = ("node(s) didn't match pod topology spread constraints (missing required label)",)


class TopologySpread:
    name = "PodTopologySpread"

    def prepare(self, pod: Object, infos: Sequence[NodeInfo]) -> _Prepared | None:
        hard = constraints(pod, "DoNotSchedule")
        return _Prepared([Spreading(each, pod, infos) for each in hard]) if hard else None

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        """As if this were the only node."""
        prepared = self.prepare(pod, [info])
        return prepared.check(pod, info) if prepared is not None else ()

    def explain(self, pod: Object) -> str:
        keys = [each["topologyKey"] for each in constraints(pod, "DoNotSchedule")]
        return "spread over " + ", ".join(keys) if keys else ""


class _Prepared:
    name = "PodTopologySpread"

    def __init__(self, spreadings: Sequence[Spreading]) -> None:
        self._spreadings = spreadings

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        for each in self._spreadings:
            value = domain(info.node, each.key)
            if value is None:
                return _UNLABELLED
            if each.skew(value) > each.max_skew:
                return _SKEWED
        return ()

    def eviction_helps(self, pod: Object, info: NodeInfo) -> bool:
        return all(domain(info.node, each.key) is not None for each in self._spreadings)

    def explain(self, pod: Object) -> str:
        return TopologySpread().explain(pod)
