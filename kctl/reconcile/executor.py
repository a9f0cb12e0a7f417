"""Operations on threads: side by side across nodes and pods, in order within a pod.

The loop never waits for one operation: it submits, goes on computing, and takes the
outcomes as they end. Starts are few at a time (an engine gains nothing from more than
about four callers); stops spend their time waiting, so they get threads of their own, and
so do probes. Every node has its threads: one that hangs holds up nobody else, and what was
asked of it is given up when it counts as lost.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kctl.runtime.operations import (
    ApplyFront,
    Operation,
    Outcome,
    RemoveContainer,
    RemoveFront,
    RunProbe,
    StartContainer,
    StopContainer,
    TerminatePod,
)
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable, Runtime

THREADS = {"start": 4, "wait": 16, "probe": 16}
"""At once on one node, by what an operation mostly does."""


@dataclass
class _Lane:
    """Operations of one pod (or one front): one at a time, in order."""

    node: str
    running: Operation
    waiting: deque[Operation] = field(default_factory=deque)


Prepare = Callable[[Operation], Operation]
"""Adds what only the moment of execution may know, such as signed tokens."""


class Executor:
    """Runs operations and queues their outcomes."""

    def __init__(
        self, runtime_of: Callable[[str], Runtime], prepare: Prepare = lambda operation: operation
    ) -> None:
        self._runtime_of, self._prepare = runtime_of, prepare
        self._done: queue.Queue[Outcome] = queue.Queue()
        self._lanes: dict[str, _Lane] = {}
        self._probing: dict[tuple[str, str, str], RunProbe] = {}
        self._pools: dict[tuple[str, str], Threads] = {}
        self._late: set[str] = set()
        self._untaken: set[str] = set()
        """lanes with an outcome that nobody has taken"""
        self._lock = threading.Lock()
        self._woken = threading.Event()

    # --- what the loop asks ---

    @property
    def in_flight(self) -> set[str]:
        """uids of pods (and "front/NODE/NAME" lanes) with an operation running, queued, or
        ended with an outcome that was not taken yet, and "busy/NODE" for every node with any."""
        with self._lock:
            nodes = {f"busy/{lane.node}" for lane in self._lanes.values()}
            return {*self._lanes, *self._untaken, *nodes}

    @property
    def busy(self) -> bool:
        """Something runs, or has ended and was not taken yet."""
        with self._lock:
            return bool(self._lanes or self._probing) or not self._done.empty()

    def submit(self, operation: Operation) -> None:
        if isinstance(operation, RunProbe):
            self._submit_probe(operation)
            return
        lane_name = lane_of(operation)
        with self._lock:
            lane = self._lanes.get(lane_name)
            if lane is not None:
                lane.waiting.append(operation)
                return
            lane = self._lanes[lane_name] = _Lane(operation.node, operation)
        self._pool(operation).submit(self._run_lane, lane_name, lane, operation)

    def _submit_probe(self, probe: RunProbe) -> None:
        key = (probe.uid, probe.container, probe.probe)
        with self._lock:
            if key in self._probing:
                return
            self._probing[key] = probe
        self._pool(probe).submit(self._run_probe, key, probe)

    def wait(self, timeout: float) -> list[Outcome]:
        """The outcomes that are there, after at most `timeout` seconds; `wake` cuts it short."""
        self._woken.wait(max(timeout, 0.0))
        self._woken.clear()
        outcomes = []
        with self._lock:
            self._untaken.clear()
            while not self._done.empty():
                outcomes.append(self._done.get_nowait())
        return outcomes

    def wake(self) -> None:
        """Let `wait` return: an event or a signal came."""
        self._woken.set()

    def give_up(self, node: str, why: str) -> None:
        """The host of a node is lost: whatever was asked of it has failed, at once. Should
        one of these operations end after all, `late` names the node."""
        at = time.time()
        with self._lock:
            for name in [name for name, lane in self._lanes.items() if lane.node == node]:
                self._done.put(_unreachable(self._lanes.pop(name).running, at, why))
            for key in [key for key, probe in self._probing.items() if probe.node == node]:
                self._done.put(_unreachable(self._probing.pop(key), at, why))
            abandoned = [self._pools.pop(key) for key in list(self._pools) if key[0] == node]
        for pool in abandoned:
            pool.close()
        self._woken.set()

    def nodes(self) -> set[str]:
        """Those of which something was asked that has not ended."""
        with self._lock:
            probed = {probe.node for probe in self._probing.values()}
            return probed | {lane.node for lane in self._lanes.values()}

    def late(self) -> set[str]:
        """Nodes where an operation ended that had been given up, since the last call: what
        it did is to be looked at."""
        with self._lock:
            late, self._late = self._late, set()
            return late

    def close(self) -> None:
        """Give up what has not started; what runs is left to end by itself."""
        with self._lock:
            for lane in self._lanes.values():
                lane.waiting.clear()
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()

    # --- threads ---

    def _pool(self, operation: Operation) -> Threads:
        match operation:
            case RunProbe():
                sort = "probe"
            case StopContainer() | TerminatePod():
                sort = "wait"
            case _:
                sort = "start"
        key = (operation.node, sort)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = Threads(THREADS[sort], f"{sort}-{operation.node}")
            return self._pools[key]

    def _run_lane(self, name: str, lane: _Lane, operation: Operation) -> None:
        with self._lock:
            if self._lanes.get(name) is not lane:
                return  # given up before it began
        outcome = self._execute(operation)
        following = None
        with self._lock:
            if self._lanes.get(name) is not lane:
                self._late.add(operation.node)
            else:
                following = self._following(name, lane, outcome)
                self._untaken.add(name)
                self._done.put(outcome)
        self._woken.set()
        if following is not None:
            self._pool(following).submit(self._run_lane, name, lane, following)

    def _following(self, name: str, lane: _Lane, outcome: Outcome) -> Operation | None:
        if not outcome.ok:
            lane.waiting.clear()  # what follows was asked for in the belief that this worked
        if not lane.waiting:
            del self._lanes[name]
            return None
        lane.running = lane.waiting.popleft()
        return lane.running

    def _run_probe(self, key: tuple[str, str, str], probe: RunProbe) -> None:
        outcome = self._execute(probe)
        with self._lock:
            if self._probing.get(key) is probe:
                del self._probing[key]
                self._done.put(outcome)
        self._woken.set()

    def _execute(self, operation: Operation) -> Outcome:
        try:
            outcome = self._runtime_of(operation.node).execute(self._prepare(operation))
            return replace(outcome, operation=operation)
        except HostUnreachable as error:
            return _unreachable(operation, time.time(), str(error))
        except Exception as error:  # noqa: BLE001 - a runtime's defect must not hang its pod
            message = f"{type(error).__name__}: {error}"
            return Outcome(operation, False, time.time(), "InternalError", message)


def _unreachable(operation: Operation, at: float, why: str) -> Outcome:
    return Outcome(operation, False, at, "Unreachable", why)


def lane_of(operation: Operation) -> str:
    """Operations with the same lane run one after another. A front in the host's network
    stands alone; the others of a node join one another's network, so their order counts."""
    match operation:
        case StartContainer():
            return operation.uid
        case StopContainer() | RemoveContainer() | TerminatePod() | RunProbe():
            return operation.uid
        case ApplyFront(front=front) if front.network == "host":
            return f"front/{operation.node}/{front.name}"
        case RemoveFront(name=name):
            return f"front/{operation.node}/{name}"
        case _:
            return f"node/{operation.node}"
