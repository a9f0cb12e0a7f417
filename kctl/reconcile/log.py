"""Structured log lines (logfmt) of passes, on stderr.

A command's own pass is quiet unless asked; the watcher logs what it does.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TextIO


def _quote(value: object) -> str:
    text = str(value)
    if text and all(c.isprintable() and c not in ' "=' for c in text):
        return text
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return '"' + escaped.replace('"', "'") + '"'


class Log:
    """Writes `time=… level=… msg=…` lines at or above a level."""

    LEVELS = {"debug": 0, "info": 1, "warning": 2, "error": 3, "none": 9}

    def __init__(self, level: str = "none", stream: TextIO | None = None) -> None:
        self._level, self._stream = self.LEVELS[level], stream

    def debug(self, message: str, **fields: object) -> None:
        self._write("debug", message, fields)

    def info(self, message: str, **fields: object) -> None:
        self._write("info", message, fields)

    def warning(self, message: str, **fields: object) -> None:
        self._write("warning", message, fields)

    def error(self, message: str, **fields: object) -> None:
        self._write("error", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        if self.LEVELS[level] < self._level:
            return
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        pairs = {"time": now, "level": level, "msg": message, **fields}
        line = " ".join(f"{name}={_quote(value)}" for name, value in pairs.items())
        print(line, file=self._stream or sys.stderr, flush=True)
