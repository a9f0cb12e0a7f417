"""Prefers nodes with much left (NodeResourcesFit, LeastAllocated)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kctl.scheduler.requests import usual_requests_of
from kctl.scheduler.types import NodeInfo, Object


class LeastAllocated:
    name = "NodeResourcesFit"
    weight = 1
    scope = "node"

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        asked = usual_requests_of(pod)
        return {
            info.name: (
                _left(info.allocatable.milli_cpu, info.usual.milli_cpu + asked.milli_cpu)
                + _left(info.allocatable.memory, info.usual.memory + asked.memory)
            )
            / 2
            for info in infos
        }

    def explain(self, pod: Object) -> str:
        return "prefers nodes with the most cpu and memory left"


def _left(has: int, used: int) -> float:
    """0 (full) to 100 (empty)."""
    return max(0.0, (has - used) * 100 / has) if has else 0.0
