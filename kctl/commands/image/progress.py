"""One line on the terminal that says how far transfers are; nothing where nobody looks."""

from __future__ import annotations

import threading
import time
from typing import TextIO

from kctl.commands.image.nodes import human
from kctl.runtime.image_types import Progress, silent

_EVERY = 0.1


class Meter:
    """Several transfers at once share the line; the one that moved last is shown."""

    def __init__(self, err: TextIO) -> None:
        self._err, self._shown = err, err.isatty()
        self._lock = threading.Lock()
        self._last, self._written = 0.0, False

    def line(self, what: str) -> Progress:
        """`what` begins the line: "reading web:1"."""
        if not self._shown:
            return silent
        return lambda done, total: self._show(what, done, total)

    def _show(self, what: str, done: int, total: int) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._last < _EVERY:
                return
            self._last, self._written = now, True
            self._err.write(f"\r\033[K{what}: {human(done, ' ')} of {human(total, ' ')}")
            self._err.flush()

    def clear(self) -> None:
        with self._lock:
            if self._written:
                self._err.write("\r\033[K")
                self._err.flush()
                self._written = False

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()
