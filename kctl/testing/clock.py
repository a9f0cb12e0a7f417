"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock:
    """The same two readings as the clock of a pass."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def time(self) -> float:
        """Epoch seconds."""
        return self._now.timestamp()

    def advance(self, seconds: float) -> None:
        """Move on. Time never goes back: ValueError for a negative number."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back {-seconds} s")
        self._now += timedelta(seconds=seconds)
