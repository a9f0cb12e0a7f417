"""Writers of one process that wait for the same disk share a transaction.

What a durable write costs is the disk's flush. The thread whose turn it is takes along what other
threads asked for while the last flush was under way, and one flush serves them all (group
commit). Each keeps its own fate: a conflict undoes its own part and no other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from kctl.store.errors import StoreError
from kctl.store.session import Session

MOST = 64
"""Writes of one transaction: nobody waits for an endless one."""

Work = Callable[[float], list[int]]
"""Writes inside a transaction of that time (epoch seconds), and answers the revisions it made."""


class _Asked:
    """What one thread wants written, and what came of it once it is done."""

    __slots__ = ("done", "error", "numbers", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.done = False
        self.numbers: list[int] = []
        self.error: Exception | None = None


class Together:
    """The writes of a session, of any number of threads."""

    def __init__(
        self,
        session: Session,
        clock: Callable[[], float],
        finish: Callable[[int, int, float], object],
    ) -> None:
        """`finish` ends every transaction that made revisions, and gets the first and the
        last one, and the time."""
        self._session, self._clock, self._finish = session, clock, finish
        self._waiting: deque[_Asked] = deque()
        self._turn = threading.Lock()

    def run(self, work: Work) -> list[int]:
        """What `work` answered, once that is durable. Raises what `work` raised, of which
        nothing stays then, or the StoreError of the transaction that it shared."""
        asked = _Asked(work)
        self._waiting.append(asked)
        try:
            with self._turn:
                while not asked.done:
                    self._transact(asked)
        except BaseException:  # a signal to this thread, or a defect of its own work
            with suppress(ValueError):
                self._waiting.remove(asked)
            raise
        if asked.error is not None:
            raise asked.error
        return asked.numbers

    def _transact(self, own: _Asked) -> None:
        """The oldest ones, in one transaction."""
        batch: list[_Asked] = []
        try:
            with self._session.writing():
                while self._waiting and len(batch) < MOST:
                    batch.append(self._waiting.popleft())
                self._write(batch)
        except StoreError as error:
            if not batch:  # it did not even begin; others try for themselves
                raise
            for asked in batch:
                asked.error = asked.error or error
                asked.done = True
        except BaseException:
            self._waiting.extendleft(asked for asked in reversed(batch) if asked is not own)
            raise
        for asked in batch:
            asked.done = True

    def _write(self, batch: list[_Asked]) -> None:
        now = self._clock()
        if len(batch) == 1:
            batch[0].error = None
            batch[0].numbers = batch[0].work(now)
        else:
            for asked in batch:
                self._write_part(asked, now)
        made = [number for asked in batch for number in asked.numbers]
        if made:
            self._finish(made[0], made[-1], now)

    def _write_part(self, asked: _Asked, now: float) -> None:
        """Raises StoreError where the database gave up the whole transaction (a full disk)."""
        asked.error = None  # it may be its second transaction
        self._session.command("SAVEPOINT part")
        try:
            asked.numbers = asked.work(now)
        except Exception as error:
            if not self._session.in_transaction:
                raise
            asked.error = error
            self._session.command("ROLLBACK TO part")
        self._session.command("RELEASE part")
