"""Prefers nodes that are nearly full: NodeResourcesFit with the strategy MostAllocated.

https://kubernetes.io/docs/concepts/scheduling-eviction/resource-bin-packing/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.scheduler.requests import usual_requests_of
from kctl.scheduler.types import NodeInfo


class MostAllocated:
    """Implements `kctl.scheduler.types.Score`."""

    name = "MostAllocated"
    weight = 1
    scope = "node"

    def score(self, pod: dict[str, Any], infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        asked = usual_requests_of(pod)
        return {
            info.name: (
                full(info.usual.milli_cpu + asked.milli_cpu, info.allocatable.milli_cpu)
                + full(info.usual.memory + asked.memory, info.allocatable.memory)
            )
            / 2
            for info in infos
        }

    def explain(self, pod: dict[str, Any]) -> str:
        return "prefers nodes with the least cpu and memory left"


def full(used: int, has: int) -> float:
    """0 (empty) to 100 (full or more)."""
    return min(100.0, used * 100 / has) if has else 0.0
