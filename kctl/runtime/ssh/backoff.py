"""Failures in a row, remembered between commands: a host that is down costs one wait, not one
a command."""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from kctl.runtime.ssh.places import LONGEST_REST

LONGEST = LONGEST_REST
SHORTEST = 1.0
LONGEST_CHEAP = 4.0
"""Seconds, for a refusal that comes at once: trying again costs nothing, and a server that
restarts is back in a moment."""


@dataclass(frozen=True, slots=True)
class Failures:
    count: int = 0
    until: float = 0.0
    """epoch seconds: no attempt before"""
    words: str = ""

    def wait(self, now: float) -> float:
        """Seconds to the next attempt; a clock that was set back ends the wait."""
        left = self.until - now
        return left if 0 < left <= LONGEST else 0.0

    def and_one(self, words: str, now: float, *, cheap: bool) -> Failures:
        """After one failure more."""
        delay = min(SHORTEST * 2 ** min(self.count, 10), LONGEST_CHEAP if cheap else LONGEST)
        return Failures(self.count + 1, now + delay, words)


def read(path: str) -> Failures:
    """None so far where there is no file, or one that makes no sense."""
    try:
        found = json.loads(Path(path).read_text())
        return Failures(int(found["count"]), float(found["until"]), str(found["words"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Failures()


def write(path: str, failures: Failures) -> None:
    """Replace the file as a whole."""
    if not failures.count:
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
        return
    data = {"count": failures.count, "until": failures.until, "words": failures.words}
    fresh = Path(f"{path}.{os.getpid()}")
    fresh.write_text(json.dumps(data))
    fresh.replace(path)


def now() -> float:
    return time.time()
