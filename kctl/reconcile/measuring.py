"""What pods use, for the controllers that want to know: sampled beside the loop.

Nothing is measured while no controller names a pod. A process that stays takes a sample every
15 seconds; one that runs a single pass takes one, and compares it with the one that the last
such process left behind.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future

from kctl.controllers.types import Controller, Measuring, View
from kctl.reconcile.observed import Observed
from kctl.reconcile.usage import EVERY, Samples, sample
from kctl.runtime.stats import NodeUsage, Usage, known_since, rates
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable, Runtime
from kctl.store.types import Memo

MEMO = "usage"
"""The memory key of the last samples."""
OLDEST = 600.0
"""Seconds after which a sample that was left behind says nothing about now."""
SOON = 10.0
"""Seconds to the next sample where something began since the last one: long enough to decide by,
as metrics-server holds of what is young."""
ASK_AGAIN = 1.0
"""Seconds until the controllers are asked again whether there is anything to measure."""


class Measurer:
    """Takes samples into `observed`. `begin` sets it to work; without that it does nothing."""

    def __init__(
        self,
        controllers: Sequence[Controller],
        runtime: Callable[[str], Runtime],
        wake: Callable[[], None],
    ) -> None:
        """`runtime` answers that of a node, or raises HostUnreachable."""
        self._asked = [each for each in controllers if isinstance(each, Measuring)]
        self._runtime, self._wake = runtime, wake
        self._threads = Threads(1, "measuring")
        self._future: Future[Samples] | None = None
        self._before: dict[str, NodeUsage] = {}
        self._last: dict[str, NodeUsage] = {}
        self._soon = False
        self._stays = False
        self._due: float | None = None
        """on the monotonic clock; None: never"""

    def begin(self, left: Memo | None, *, stays: bool) -> None:
        """`left`: what another process left behind; `stays`: this one goes on."""
        self._last = _read(left.value) if left is not None else {}
        self._stays, self._due = stays, time.monotonic()

    @property
    def busy(self) -> bool:
        """A sample is under way that a single pass waits for."""
        return not self._stays and (self._future is not None or self._due is not None)

    def turn(self, view: Callable[[], View], observed: Observed) -> None:
        """Begin a sample that is due, take in one that is there. Never blocks."""
        if self._future is not None:
            if self._future.done():
                self._take(self._future.result(), observed)
                self._future = None
            return
        now = time.monotonic()
        if self._due is None or now < self._due:
            return
        pods = set(self._wanted(view()))
        self._due = (now + (EVERY if pods else ASK_AGAIN)) if self._stays else None
        if pods:
            self._future = self._threads.submit(sample, self._runtimes(pods), _uids(pods))
            self._future.add_done_callback(lambda _: self._wake())
        elif self._last:
            self._last, self._before = {}, {}

    def _wanted(self, view: View) -> Iterable[tuple[str, str]]:
        for each in self._asked:
            yield from each.measures(view)

    def _runtimes(self, pods: Iterable[tuple[str, str]]) -> Mapping[str, Runtime]:
        found = {}
        for name in {node for node, _ in pods}:
            try:
                found[name] = self._runtime(name)
            except HostUnreachable:
                continue
        return found

    def _take(self, found: Samples, observed: Observed) -> None:
        for node in found:
            last = self._last.get(node)
            if self._soon and last is not None and node in self._before:
                last = known_since(self._before[node], last)
            if last is not None:
                self._before[node] = last
        for gone in self._before.keys() - found.keys():
            del self._before[gone]
        self._last = dict(found)
        known = {node: rates(self._before[node], found[node]) for node in self._before}
        news = any(
            node not in known or len(known[node].pods) < len(usage.pods)
            for node, usage in found.items()
        )
        self._soon = self._stays and news and not self._soon
        if self._soon:
            self._due = time.monotonic() + SOON
        if known:
            observed.measure(known, max(usage.at for usage in found.values()))

    def memo(self) -> Memo | None:
        """What to leave behind for another process."""
        return Memo(_write(self._last)) if self._last else None

    def close(self) -> None:
        self._threads.close()


def _uids(pods: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(uid for _, uid in pods)


def _write(samples: Samples) -> str:
    """Pods alone: machines are nobody's concern here."""
    said = {
        node: [
            usage.at,
            {
                uid: {name: [u.at, u.cpu, u.memory, u.id] for name, u in containers.items()}
                for uid, containers in usage.pods.items()
            },
        ]
        for node, usage in samples.items()
    }
    return json.dumps(said)


def _read(text: str) -> dict[str, NodeUsage]:
    """What is not too old of what was left behind."""
    found = {}
    for node, (at, pods) in json.loads(text).items():
        if at > time.time() - OLDEST:
            by_pod = {
                uid: {name: Usage(*each) for name, each in containers.items()}
                for uid, containers in pods.items()
            }
            found[node] = NodeUsage(node, at, None, by_pod)
    return found
