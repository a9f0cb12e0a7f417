"""Samples of what nodes and pods use, taken of many nodes side by side.

Whoever wants to know how much is used needs two samples. Those who ask again and again keep
the last ones (`Sampler`); a command that asks once takes two a second apart (`measure`).
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping

from kctl.runtime.stats import NodeRates, NodeUsage, known_since, rates
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable, Runtime

EVERY = 15.0
"""Seconds between two samples, as metrics-server's --metric-resolution."""
APART = 1.0
"""Seconds between the first two, for somebody who waits."""
SOON = 2.0
"""Seconds to the next sample where something began since the last one."""
WANTED = 300.0
"""Seconds after the last question in which samples are still taken."""
STALE = 3 * EVERY
"""Seconds after which the samples of a node that fell silent tell nothing any more."""
AT_ONCE = 32
"""Nodes that are asked side by side."""

Samples = Mapping[str, NodeUsage]
"""node -> its sample; what does not answer is left out"""


def sample(runtimes: Mapping[str, Runtime], pods: Collection[str] | None = None) -> Samples:
    """One sample of each node; `pods`: uids of those that count (None: all)."""
    if not runtimes:
        return {}
    with Threads(AT_ONCE, "usage") as pool:
        found = pool.map(lambda runtime: _ask(runtime, pods), list(runtimes.values()))
        named = dict(zip(runtimes, found, strict=True))
    return {node: usage for node, usage in named.items() if usage is not None}


def _ask(runtime: Runtime, pods: Collection[str] | None) -> NodeUsage | None:
    try:
        return runtime.usage(pods)
    except HostUnreachable:
        return None
    except Exception as error:  # noqa: BLE001 - a runtime's defect costs its samples only
        words = f"{type(error).__name__}: {error}"
        print(f"error: the use of a node could not be measured: {words}", file=sys.stderr)
        return None


def measure(take: Callable[[], Samples], pause: Callable[[float], object] = time.sleep) -> Samples:
    """Two samples `APART`; answers the newer, of which `take` is asked last."""
    began = time.monotonic()
    take()
    pause(max(APART - (time.monotonic() - began), 0.0))
    return take()


class Sampler:
    """The last two samples of every node, taken by a thread for as long as somebody asks.

    Safe to use from several threads."""

    def __init__(self, runtimes: Callable[[], Mapping[str, Runtime]]) -> None:
        """`runtimes` answers those of the nodes of the moment, by name."""
        self._runtimes = runtimes
        self._last: dict[str, tuple[NodeUsage | None, NodeUsage]] = {}
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._asked = 0.0

    def current(self) -> dict[str, NodeRates]:
        """What every node that answers uses, by the newest samples. Blocks for the first two."""
        with self._turn:
            self._asked = time.monotonic()
            if not (self._thread and self._thread.is_alive()) and not self._stop.is_set():
                self._last.clear()
                measure(self._take)
                self._thread = threading.Thread(target=self._work, name="usage", daemon=True)
                self._thread.start()
        return {
            node: rates(before, after)
            for node, (before, after) in self._last.copy().items()
            if before is not None
        }

    def _take(self, *, soon: bool = False) -> Samples:
        """`soon`: too soon after the last one to take its place."""
        found = sample(self._runtimes())
        fresh = time.time() - STALE
        last = {
            node: pair
            for node, pair in self._last.items()
            if node not in found and pair[1].at > fresh
        }
        for node, usage in found.items():
            before, after = self._last.get(node, (None, None))
            if soon and before is not None and after is not None:
                after = known_since(before, after)
            last[node] = (after, usage)
        self._last = last
        return found

    def _has_news(self) -> bool:
        """Something runs of which nothing is known yet."""
        return any(
            before is None or len(rates(before, after).pods) < len(after.pods)
            for before, after in self._last.values()
        )

    def _work(self) -> None:
        soon = False
        while not self._stop.wait(SOON if soon else EVERY):
            if time.monotonic() - self._asked > WANTED:
                return
            self._take(soon=soon)
            soon = not soon and self._has_news()

    def close(self) -> None:
        self._stop.set()
