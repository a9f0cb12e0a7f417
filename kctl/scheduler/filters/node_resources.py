"""Room for what the pod requests (NodeResourcesFit)."""

from __future__ import annotations

from kctl.scheduler.requests import requests_of
from kctl.scheduler.types import NodeInfo, Object


class NodeResources:
    name = "NodeResourcesFit"

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        asked, has, used = requests_of(pod), info.allocatable, info.requested
        reasons = []
        if used.pods + 1 > has.pods:
            reasons.append("Too many pods")
        if asked.milli_cpu and asked.milli_cpu > has.milli_cpu - used.milli_cpu:
            reasons.append("Insufficient cpu")
        if asked.memory and asked.memory > has.memory - used.memory:
            reasons.append("Insufficient memory")
        if asked.storage and asked.storage > has.storage - used.storage:
            reasons.append("Insufficient ephemeral-storage")
        for name, amount in asked.extended.items():
            left = has.extended.get(name, 0) - used.extended.get(name, 0)
            if amount and amount > left:
                reasons.append(f"Insufficient {name}")
        return tuple(reasons)

    def eviction_helps(self, pod: Object, info: NodeInfo) -> bool:
        """Not where the node is too small even when it is empty."""
        asked, has = requests_of(pod), info.allocatable
        return (
            asked.milli_cpu <= has.milli_cpu
            and asked.memory <= has.memory
            and asked.storage <= has.storage
            and all(has.extended.get(name, 0) >= amount for name, amount in asked.extended.items())
        )

    def explain(self, pod: Object) -> str:
        asked = requests_of(pod)
        parts = [
            f"{asked.milli_cpu}m cpu" if asked.milli_cpu else "",
            f"{asked.memory} bytes of memory" if asked.memory else "",
            f"{asked.storage} bytes of ephemeral-storage" if asked.storage else "",
            *(f"{amount} {name}" for name, amount in asked.extended.items()),
        ]
        return ", ".join(filter(None, parts))
