"""`kctl reconcile --watch`: passes for as long as the process lives.

It reacts to revisions (the loop polls the store), to the engines' event streams (a
thread a node, each only a hint) and to timers.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from kctl.reconcile.after import POLL, TURN_SECONDS
from kctl.reconcile.lease import Asking, ReconcileLease
from kctl.reconcile.log import Log
from kctl.reconcile.loop import Loop
from kctl.reconcile.notify import notify, watchdog_seconds
from kctl.reconcile.plane import Plane
from kctl.reconcile.summary import Summary
from kctl.runtime.types import HostUnreachable

RETRY = 1.0
"""Seconds between tries to follow the events of an engine that went away."""
LOOK_AGAIN = (0.02, 0.06, 0.15, 0.4, 1.0)
"""Seconds after an event at which its node is looked at once more: an engine tells of a
death before its own list does, the busier the longer."""


class Watcher:
    """The watch loop of one process."""

    def __init__(self, plane: Plane, log: Log, tell: Callable[[str], object] = notify) -> None:
        """`tell` gets what a supervisor is told: "READY=1", "WATCHDOG=1", "STOPPING=1"."""
        self.plane, self.log, self._tell = plane, log, tell
        self._stop = threading.Event()
        self._hinted: set[str] = set()
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._later_looks: list[tuple[float, str]] = []
        """(when on the monotonic clock, node)"""
        self._watchdog = watchdog_seconds()
        self._petted = 0.0

    def run(self) -> Summary:
        """Wait for the lease, then work until `stop`."""
        lease = ReconcileLease(self.plane.store, "watch")
        if not self._acquire(lease):
            return Summary()
        loop = Loop(self.plane, self.log, lease)
        self._loop = loop
        try:
            loop.begin()
            loop.measure(stays=True)
            self._tell("READY=1")
            self.log.info("watching", database=self.plane.home)
            loop.run(lambda _: False, each_turn=self._each_turn)
            return loop.summary
        finally:
            self._tell("STOPPING=1")
            loop.end()
            lease.release()
            self.log.info("stopped")

    def stop_on_signals(self) -> None:
        """SIGTERM and SIGINT end it. Call from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """From any thread, and from a signal handler."""
        self._stop.set()
        loop = getattr(self, "_loop", None)
        if loop is not None:
            loop.stopping = True
            loop.executor.wake()

    def _acquire(self, lease: ReconcileLease) -> bool:
        """Wait for the lease. Another watcher keeps it; who only waits for the world to settle
        makes room, since that is done here as well."""
        if lease.acquire():
            return True
        self.log.info("another process holds the reconcile lease, waiting")
        with Asking(self.plane.store, TURN_SECONDS):
            while not self._stop.is_set():
                if lease.acquire():
                    return True
                time.sleep(POLL)
        return False

    def _each_turn(self, loop: Loop) -> None:
        """Take the hints of the event threads, keep the supervisor's watchdog quiet. A signal
        may have come before there was a loop to stop."""
        loop.stopping = loop.stopping or self._stop.is_set()
        self._follow_events(loop)
        with self._lock:
            hinted, self._hinted = self._hinted, set()
        now = time.monotonic()
        late = {node for due, node in self._later_looks if due <= now}
        self._later_looks = [each for each in self._later_looks if each[0] > now]
        self._later_looks += [(now + delay, node) for node in hinted for delay in LOOK_AGAIN]
        if hinted or late:
            loop.looker.start(sorted(hinted | late))
        self._pet()

    def _pet(self) -> None:
        if self._watchdog is not None and time.monotonic() - self._petted > self._watchdog:
            self._petted = time.monotonic()
            self._tell("WATCHDOG=1")

    def _follow_events(self, loop: Loop) -> None:
        for node in loop.observed.nodes:
            thread = self._threads.get(node)
            if thread is None or not thread.is_alive():
                thread = threading.Thread(
                    target=self._events_of, args=(loop, node), daemon=True, name=f"events-{node}"
                )
                self._threads[node] = thread
                thread.start()

    def _events_of(self, loop: Loop, node: str) -> None:
        """Until the watcher stops or the node is gone."""
        while not self._stop.is_set() and node in loop.observed.nodes:
            try:
                for event in loop.hosts.runtime(node).events(self._stop):
                    with self._lock:
                        self._hinted.add(event.node)
                    loop.executor.wake()
            except HostUnreachable:
                self.log.debug("no events from node", node=node)
            except Exception as error:  # noqa: BLE001 - a runtime's defect costs its events only
                words = f"{type(error).__name__}: {error}"
                self.log.warning("the events of a node broke off", node=node, error=words)
            with self._lock:
                self._hinted.add(node)  # something ended the stream: look
            self._stop.wait(RETRY)
