"""What simulated containers use: as much as a test says."""

from __future__ import annotations

from collections.abc import Collection

from kctl.runtime.observations import SANDBOX
from kctl.runtime.simulated_engine import Engine
from kctl.runtime.stats import NodeUsage, Usage

IDLE = (0.001, 8 << 20)
"""Cores and bytes of a container of which nothing else is said."""


class Loads:
    """`of` has (cores, bytes) by the name of a pod, or "" for all others; a change counts from
    the next sample on."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[float, int]] = {"": IDLE}
        self._used: dict[str, tuple[float, int]] = {}
        """container -> when it was last counted, nanoseconds until then"""

    def sample(
        self, node: str, engine: Engine, now: float, pods: Collection[str] | None
    ) -> NodeUsage:
        found: dict[str, dict[str, Usage]] = {}
        total, memory = 0, 0
        for each in engine.containers.values():
            if not each.running or each.state.name == SANDBOX:
                continue
            usage = self._count(engine.pods[each.uid].name, each.state.id, each.since, now)
            total, memory = total + usage.cpu, memory + usage.memory
            if pods is None or each.uid in pods:
                found.setdefault(each.uid, {})[each.state.name] = usage
        return NodeUsage(node, now, Usage(now, total, memory), found)

    def _count(self, pod: str, container: str, since: float, now: float) -> Usage:
        cores, memory = self.of.get(pod, self.of[""])
        at, used = self._used.get(container, (since, 0))
        used += int(max(now - at, 0.0) * cores * 1e9)
        self._used[container] = (now, used)
        return Usage(now, used, memory, container)
