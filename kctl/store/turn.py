"""Writers take turns on a file lock.

SQLite's own busy handler sleeps and retries, so of several busy writers the unlucky one
may starve. A `flock` wakes the next one at once; a second lock in front of it (the
doorway) keeps whoever just finished from overtaking those that wait.
"""

from __future__ import annotations

import fcntl
import os
from types import TracebackType


class FileTurn:
    """Held by one process (and one thread of it) at a time. Locks end with their process."""

    def __init__(self, path: str) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._turn = os.open(f"{path}.lock", flags, 0o600)
        try:
            self._doorway = os.open(f"{path}.queue", flags, 0o600)
        except OSError:
            os.close(self._turn)
            raise

    def __enter__(self) -> None:
        fcntl.flock(self._doorway, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._doorway, fcntl.LOCK_UN)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._turn)
        os.close(self._doorway)
