"""Operations on threads: side by side across nodes and pods, in order within a pod.

The loop never waits for one operation: it submits, goes on computing, and takes the
outcomes as they end. Starts are few at a time (an engine gains nothing from more than
about four callers); stops spend their time waiting, so they get threads of their own.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from kctl.runtime.types import (
    ApplyFront,
    HostUnreachable,
    Operation,
    Outcome,
    RemoveContainer,
    RemoveFront,
    RunProbe,
    Runtime,
    StartContainer,
    StopContainer,
    TerminatePod,
)

STARTERS = 4
WAITERS = 16


@dataclass
class _Lane:
    """Operations of one pod (or one front): one at a time, in order."""

    node: str
    waiting: deque[Operation] = field(default_factory=deque)


class Executor:
    """Runs operations and queues their outcomes."""

    def __init__(self, runtime_of: Callable[[str], Runtime]) -> None:
        self._runtime_of = runtime_of
        self._done: queue.Queue[Outcome] = queue.Queue()
        self._lanes: dict[str, _Lane] = {}
        self._probing: set[tuple[str, str, str]] = set()
        self._pools: dict[tuple[str, bool], ThreadPoolExecutor] = {}
        self._lock = threading.Lock()
        self._woken = threading.Event()

    # --- what the loop asks ---

    @property
    def in_flight(self) -> set[str]:
        """uids of pods (and "front/NODE/NAME" lanes) with an operation running or queued, and
        "busy/NODE" for every node with any."""
        with self._lock:
            return {*self._lanes, *(f"busy/{lane.node}" for lane in self._lanes.values())}

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
            self._lanes[lane_name] = _Lane(operation.node)
        self._pool(operation).submit(self._run_lane, lane_name, operation)

    def _submit_probe(self, probe: RunProbe) -> None:
        key = (probe.uid, probe.container, probe.probe)
        with self._lock:
            if key in self._probing:
                return
            self._probing.add(key)
        self._pool(probe).submit(self._run_probe, key, probe)

    def wait(self, timeout: float) -> list[Outcome]:
        """The outcomes that are there, after at most `timeout` seconds; `wake` cuts it short."""
        self._woken.wait(max(timeout, 0.0))
        self._woken.clear()
        outcomes = []
        while True:
            try:
                outcomes.append(self._done.get_nowait())
            except queue.Empty:
                return outcomes

    def wake(self) -> None:
        """Let `wait` return: an event or a signal came."""
        self._woken.set()

    def close(self) -> None:
        """Give up what has not started; what runs is left to end by itself."""
        with self._lock:
            for lane in self._lanes.values():
                lane.waiting.clear()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    # --- threads ---

    def _pool(self, operation: Operation) -> ThreadPoolExecutor:
        waits = isinstance(operation, StopContainer | TerminatePod | RunProbe)
        key = (operation.node, waits)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = ThreadPoolExecutor(WAITERS if waits else STARTERS)
            return self._pools[key]

    def _run_lane(self, name: str, operation: Operation) -> None:
        outcome = self._execute(operation)
        following = None
        with self._lock:
            lane = self._lanes[name]
            if not outcome.ok:
                lane.waiting.clear()  # what follows was asked for in the belief that this worked
            if lane.waiting:
                following = lane.waiting.popleft()
            else:
                del self._lanes[name]
            self._done.put(outcome)
        self._woken.set()
        if following is not None:
            self._pool(following).submit(self._run_lane, name, following)

    def _run_probe(self, key: tuple[str, str, str], probe: RunProbe) -> None:
        outcome = self._execute(probe)
        with self._lock:
            self._probing.discard(key)
            self._done.put(outcome)
        self._woken.set()

    def _execute(self, operation: Operation) -> Outcome:
        try:
            return self._runtime_of(operation.node).execute(operation)
        except HostUnreachable as error:
            return Outcome(operation, False, time.time(), "Unreachable", str(error))
        except Exception as error:  # noqa: BLE001 - a runtime's defect must not hang its pod
            message = f"{type(error).__name__}: {error}"
            return Outcome(operation, False, time.time(), "InternalError", message)


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
