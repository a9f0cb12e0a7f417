"""Operations that take time on a clock that stands still until a test moves it.

They begin, last as long as their host's latencies say, and take effect when they end: in
order within a pod, side by side across pods and nodes, as on the executor's threads.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kctl.reconcile.executor import lane_of
from kctl.runtime.operations import (
    ApplyFront,
    Operation,
    Outcome,
    RunProbe,
    StartContainer,
    StopContainer,
    TerminatePod,
)
from kctl.runtime.simulated import SimulatedRuntime
from kctl.runtime.simulated_faults import Latency


@dataclass
class _Flight:
    lane: str
    operation: Operation
    ends: float
    heard: bool
    """the host answered when it was asked"""
    given_up: bool = False
    waiting: deque[Operation] = field(default_factory=deque)


class Flights:
    """Implements what the loop asks of an executor, without threads."""

    def __init__(
        self,
        hosts: Mapping[str, SimulatedRuntime],
        now: Callable[[], float],
        chance: random.Random,
        latency: Latency,
    ) -> None:
        self._hosts, self._now, self._chance, self.latency = hosts, now, chance, latency
        self._flights: dict[str, _Flight] = {}
        self._ghosts: list[_Flight] = []

    @property
    def in_flight(self) -> set[str]:
        lanes = {name for name in self._flights if not name.startswith("probe/")}
        return lanes | {f"busy/{self._flights[name].operation.node}" for name in lanes}

    @property
    def busy(self) -> bool:
        return bool(self._flights)

    def submit(self, operation: Operation) -> None:
        lane = lane_of(operation)
        if isinstance(operation, RunProbe):
            lane = f"probe/{lane}/{operation.container}/{operation.probe}"
        flight = self._flights.get(lane)
        if flight is None:
            self._flights[lane] = self._begin(lane, operation)
        elif not isinstance(operation, RunProbe):
            flight.waiting.append(operation)

    def _begin(self, lane: str, operation: Operation) -> _Flight:
        faults = self._hosts[operation.node].faults
        lasts = faults.hang or self._lasts(operation) * faults.slow
        return _Flight(lane, operation, self._now() + lasts, not faults.unreachable)

    def _lasts(self, operation: Operation) -> float:
        match operation:
            case StartContainer():
                return self.latency.start
            case StopContainer() | TerminatePod():
                return min(self.latency.stop, operation.grace)
            case RunProbe():
                return self.latency.probe
            case ApplyFront():
                return self.latency.front
        return 0.0

    def give_up(self, node: str, why: str) -> list[Outcome]:
        """Everything asked of a lost host has failed; it may still take effect there."""
        outcomes = []
        for lane in [k for k, each in self._flights.items() if each.operation.node == node]:
            flight = self._flights.pop(lane)
            flight.given_up = True
            self._ghosts.append(flight)
            outcomes.append(Outcome(flight.operation, False, self._now(), "Unreachable", why))
        return outcomes

    def nodes(self) -> set[str]:
        return {each.operation.node for each in self._flights.values()}

    def abandon(self) -> None:
        """The process that waits for them is no more."""
        for node in self.nodes():
            self.give_up(node, "")

    def land(self) -> list[Outcome]:
        """Whatever ends by now takes effect. The outcomes that somebody waits for."""
        now, outcomes = self._now(), []
        for ghost in [each for each in self._ghosts if each.ends <= now]:
            self._ghosts.remove(ghost)
            self._execute(ghost)
        ended = [each for each in self._flights.values() if each.ends <= now]
        for flight in sorted(ended, key=lambda each: each.ends):
            outcome = self._execute(flight)
            outcomes.append(outcome)
            del self._flights[flight.lane]
            if outcome.ok and flight.waiting:
                following = self._begin(flight.lane, flight.waiting.popleft())
                following.waiting = flight.waiting
                self._flights[flight.lane] = following
        return outcomes

    def _execute(self, flight: _Flight) -> Outcome:
        """A host that fell silent meanwhile may have done what it was asked, or not."""
        host = self._hosts[flight.operation.node]
        cut = host.faults.unreachable
        if cut and flight.heard and host.faults.running and self._chance.random() < 0.5:
            host.faults.unreachable = ""
            host.execute(flight.operation)
            host.faults.unreachable = cut
            return Outcome(flight.operation, False, self._now(), "Unreachable", cut)
        return host.execute(flight.operation)
