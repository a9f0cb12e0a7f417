"""One reader of the store's log for all watches.

A thread waits for revisions and hands what is new to the event loop, where every watch of
the resource gets it: a write costs one read of the log however many watch, and is encoded
once for all that want it in the same shape. A watch that falls too far behind is ended, as
the API server ends it, and its client starts again from where it was.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from kctl.store.store import Store
from kctl.store.types import Change, Compacted, StoreError

BACKLOG = 4096
"""Changes that a watch may be behind."""
BACKLOG_BYTES = 4 * 1024 * 1024
"""What these may be of bytes; one larger change alone may wait."""
POLL = 0.5
"""Seconds after which the reader looks whether it is to stop."""


class Shared:
    """A change and what was made of it, so that watches share the work."""

    __slots__ = ("change", "made")

    def __init__(self, change: Change) -> None:
        self.change = change
        self.made: dict[Any, Any] = {}

    def once(self, key: Any, make: Callable[[Change], Any]) -> Any:
        """What `make` answers for the change, made when `key` is first asked for."""
        found = self.made.get(key)
        if found is None:
            found = self.made[key] = make(self.change)
        return found


class Subscription:
    """One watch's place. `since` is the revision from which on it is told."""

    def __init__(self, hub: Hub, resource: str, namespace: str, since: int) -> None:
        self._hub, self.resource, self.namespace, self.since = hub, resource, namespace, since
        self._waiting: deque[Shared] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self.revision = since
        """up to which everything was handed out"""
        self.ended = ""
        """why there will be no more: "slow", "stopping" or "lost" """

    def offer(self, shared: Shared) -> None:
        size = len(shared.change.value)
        full = len(self._waiting) >= BACKLOG or self._size + size > BACKLOG_BYTES
        if self.ended or (full and self._waiting):
            self.end("slow")
            self._waiting.clear()
            return
        self._waiting.append(shared)
        self._size += size
        self._news.set()

    def end(self, why: str) -> None:
        self.ended = self.ended or why
        self._news.set()

    async def next(self, timeout: float) -> list[Shared]:
        """What is new; [] after `timeout` seconds, and once it has `ended`."""
        if not self._waiting and not self.ended:
            try:
                async with asyncio.timeout(timeout):
                    await self._news.wait()
            except TimeoutError:
                self.revision = max(self.revision, self._hub.revision)
                return []
        self._news.clear()
        found = [] if self.ended == "slow" else list(self._waiting)
        self._waiting.clear()
        self._size = 0
        if found:
            self.revision = found[-1].change.revision
        return found

    def close(self) -> None:
        self._hub.leave(self)


class Hub:
    """All methods but `start` and `stop` are the event loop's alone."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.revision = 0
        """of the last change that was handed out"""
        self._places: dict[str, set[Subscription]] = {}
        self.listeners: list[Callable[[Sequence[Change]], None]] = []
        """told of all changes, on the event loop"""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self.revision = self._store.revision()
        self._thread = threading.Thread(target=self._read, args=(loop,), name="hub", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End every watch, and the reader."""
        self._stopping.set()
        for place in self._all():
            place.end("stopping")

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def subscribe(self, resource: str, namespace: str) -> Subscription:
        """From `Hub.revision` on; `namespace` "" is all of them."""
        made = Subscription(self, resource, namespace, self.revision)
        self._places.setdefault(resource, set()).add(made)
        if self._stopping.is_set():
            made.end("stopping")
        return made

    def leave(self, place: Subscription) -> None:
        places = self._places.get(place.resource, set())
        places.discard(place)
        if not places:
            self._places.pop(place.resource, None)

    @property
    def watches(self) -> int:
        return sum(len(each) for each in self._places.values())

    def _all(self) -> list[Subscription]:
        return [place for places in self._places.values() for place in places]

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        at = self.revision
        while not self._stopping.is_set():
            try:
                if not self._store.wait(at, POLL):
                    continue
                changes = self._store.changes(at)
            except Compacted:
                at = self._store.revision()
                self._tell(loop, self._lost, at)
                continue
            except StoreError:
                self._stopping.wait(POLL)
                continue
            if changes:
                at = changes[-1].revision
                self._tell(loop, self._hand_out, changes)

    def _tell(self, loop: asyncio.AbstractEventLoop, what: Callable[..., None], *a: Any) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(what, *a)

    def _hand_out(self, changes: Sequence[Change]) -> None:
        for change in changes:
            places = self._places.get(change.key.resource)
            if not places:
                continue
            shared = Shared(change)
            for place in places:
                if place.namespace in ("", change.key.namespace):
                    place.offer(shared)
        self.revision = changes[-1].revision
        for listener in self.listeners:
            listener(changes)

    def _lost(self, revision: int) -> None:
        """The log was compacted under the reader: every watch starts again."""
        self.revision = revision
        for place in self._all():
            place.end("lost")
