"""Prefers nodes whose cpu and memory fill up evenly (NodeResourcesBalancedAllocation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kctl.scheduler.requests import requests_of
from kctl.scheduler.types import NodeInfo, Object


class Balanced:
    name = "NodeResourcesBalancedAllocation"
    weight = 1
    scope = "node"

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        """100 where both are used to the same part. A pod that requests neither changes no
        balance, so it has no preference."""
        asked = requests_of(pod)
        if not asked.milli_cpu and not asked.memory:
            return {}
        scores = {}
        for info in infos:
            cpu = _part(info.requested.milli_cpu + asked.milli_cpu, info.allocatable.milli_cpu)
            memory = _part(info.requested.memory + asked.memory, info.allocatable.memory)
            scores[info.name] = 100 * (1 - abs(cpu - memory) / 2)
        return scores

    def explain(self, pod: Object) -> str:
        return "prefers nodes where cpu and memory are used evenly"


def _part(used: int, has: int) -> float:
    return min(1.0, used / has) if has else 1.0
