"""Threads that no process waits for when it ends.

The standard pool joins its threads at exit: one request to a host that hangs would hold up
every command that is long done. These end with the process, whatever they wait for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
S = TypeVar("S")
P = ParamSpec("P")
_IDLE = 30.0
"""Seconds after which a thread without work ends."""


class Threads:
    """At most `most` actions at once; the others wait in their order."""

    def __init__(self, most: int, name: str = "") -> None:
        self._most, self._name = most, name
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._running = 0
        self._idle = 0
        self._closed = False

    def submit(self, action: Callable[P, T], *args: P.args, **named: P.kwargs) -> Future[T]:
        """The future of a call; cancelled at once where the pool is closed."""
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                future.cancel()
                return future
            self._waiting.append((future, lambda: action(*args, **named)))
            if self._idle >= len(self._waiting):
                self._changed.notify()
            elif self._running < self._most:
                self._running += 1
                threading.Thread(target=self._work, name=self._name or None, daemon=True).start()
        return future

    def map(self, action: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
        """The results in order, each as soon as it is there; all begin at once."""
        futures = [self.submit(action, item) for item in items]
        return (future.result() for future in futures)

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what has not begun; what has ends by itself."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = self._waiting, deque()
            self._changed.notify_all()
        for future, _ in waiting:
            future.cancel()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            future, action = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = action()
            except BaseException as error:  # noqa: BLE001 - belongs to whoever asks the future
                future.set_exception(error)
            else:
                future.set_result(result)

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """The next job; None when there was none for a while, and this thread is to end."""
        with self._changed:
            self._idle += 1
            found = self._changed.wait_for(lambda: self._waiting or self._closed, _IDLE)
            self._idle -= 1
            if found and self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            return None
