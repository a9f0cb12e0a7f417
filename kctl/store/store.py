"""The store: one database behind the verbs that the rooms above use.

Each verb lives in a module of its own beside this one; here they get their transactions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from kctl.store import authors, leases, log, memos, meta, reads, retention, writes
from kctl.store.address import backing_for
from kctl.store.migrations import migrate
from kctl.store.session import Session
from kctl.store.together import Together
from kctl.store.types import Backend, Change, Key, Lease, Memo, Page, Record, Write

POLL_SECONDS = 0.02
"""How soon a waiter notices what another process wrote; looking costs some 5 us."""


def _nobody() -> str:
    return ""


class Store(Backend):
    """See `Backend` for the verbs that are not explained here. Threads may share a store.
    Every method raises StoreError for what the database refuses."""

    def __init__(self, session: Session, *, clock: Callable[[], float] = time.time) -> None:
        self._session, self._reader, self._clock = session, session, clock
        self._together = Together(session, clock, self._compact_a_little)
        self._written = threading.Condition()
        self.author: Callable[[], str] = _nobody
        """who calls `write` now, in words of the caller's; "" leaves no trace"""

    @classmethod
    def open(
        cls,
        url_or_path: str | Path,
        *,
        create: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> Store:
        """Open a path, a `sqlite:///…` or a `postgresql+psycopg://…` URL, and migrate it.
        A new database is made unless `create` is False (then NoDatabase). `clock` stamps
        the log (epoch seconds)."""
        backing = backing_for(url_or_path)
        session = Session(backing, backing.connect(create=create))
        try:
            migrate(session)
        except BaseException:
            session.close()
            raise
        return cls(session, clock=clock)

    # Objects

    def revision(self) -> int:
        return log.newest_revision(self._reader)

    def get(self, key: Key) -> Record | None:
        return reads.get(self._reader, key)

    def referring(self, ref: str) -> Sequence[Record]:
        return reads.referring(self._reader, ref)

    def claims(self, prefix: str) -> set[str]:
        return reads.held_claims(self._reader, prefix)

    def write(self, writes: Sequence[Write]) -> Sequence[int]:
        return self.commit(writes, {}, self.author())

    def commit(
        self, wanted: Sequence[Write], memory: Mapping[str, Memo | None], author: str = ""
    ) -> list[int]:
        """`write` and `remember` in one transaction, signed by `author`."""
        if not wanted and not memory:
            return []

        def work(now: float) -> list[int]:
            numbers = writes.apply(self._session, wanted, now)
            memos.remember(self._session, memory)
            if numbers and author:
                authors.sign(self._session, numbers, author)
            return numbers

        numbers = self._together.run(work)
        if numbers:
            with self._written:
                self._written.notify_all()
        return numbers

    def _compact_a_little(self, first: int, last: int, now: float) -> None:
        retention.compact_a_little(self._session, first - 1, last, now)

    # The log

    def changes(
        self,
        since: int,
        *,
        resource: str | None = None,
        namespace: str | None = None,
        limit: int = 0,
    ) -> list[Change]:
        """What was written after the revision `since`, in order; `limit` 0 is all of it.
        Raises Compacted."""
        return log.changes(self._reader, since, resource, namespace, limit)

    def trail(
        self,
        *,
        resource: str | None = None,
        namespace: str | None = None,
        name: str | None = None,
        limit: int = 0,
    ) -> list[authors.Entry]:
        """Who wrote what, the newest first; `limit` 0 is all of it."""
        return authors.trail(self._reader, resource, namespace, name, limit)

    def wait(self, since: int, timeout: float) -> bool:
        """Block until `revision() > since`, whoever writes; False after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.revision() <= since:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._written:
                self._written.wait(min(left, POLL_SECONDS))
        return True

    def compact(self, keep_revisions: int, keep_seconds: float, now: float) -> int:
        """Forget the log beyond its newest `keep_revisions` and what is older than
        `keep_seconds`; how many rows went. Objects that live stay, however old."""
        with self._session.writing():
            return log.compact(self._session, keep_revisions, keep_seconds, now)

    # What passes remember

    def memory(self) -> dict[str, Memo]:
        return memos.recall(self._reader)

    def remember(self, updates: Mapping[str, Memo | None]) -> None:
        """Keep each memo by its key; None forgets it."""
        self.commit((), updates)

    def next_due(self) -> float | None:
        """The earliest `due` of all memos, epoch seconds."""
        return memos.next_due(self._reader)

    # Facts about the database

    def meta_get(self, key: str) -> str | None:
        return meta.meta_get(self._reader, key)

    def meta_put(self, key: str, value: str) -> None:
        with self._session.writing():
            meta.meta_set(self._session, key, value)

    def meta_put_absent(self, key: str, value: str) -> str:
        """Store it unless there is one; the value that stands."""
        with self._session.writing():
            return meta.meta_set_absent(self._session, key, value)

    # Leases

    def lease_acquire(
        self,
        name: str,
        holder: str,
        ttl: float,
        now: float,
        *,
        pid: int = 0,
        host: str = "",
        detail: str = "",
    ) -> Lease | None:
        """The lease until `now + ttl`, or None when someone else holds it. A holder on
        the same `host` (a machine in one boot) whose `pid` is gone holds nothing."""
        wanted = Lease(name, holder, now + ttl, pid, host, detail)
        with self._session.writing():
            return leases.acquire(self._session, wanted, now)

    def lease_renew(self, name: str, holder: str, ttl: float, now: float) -> Lease | None:
        """None when someone else took it meanwhile."""
        with self._session.writing():
            return leases.renew(self._session, name, holder, now + ttl)

    def lease_release(self, name: str, holder: str) -> bool:
        """Whether `holder` had it."""
        with self._session.writing():
            return leases.release(self._session, name, holder)

    def lease_get(self, name: str) -> Lease | None:
        """Who took it last; it may have expired."""
        return leases.get(self._reader, name)

    # The store itself

    def read_beside(self) -> None:
        """Give reads a connection of their own, for a process whose threads write much: they
        wait for no writer's disk then. Raises StoreError."""
        if self._reader is self._session:
            backing = self._session.backing
            self._reader = Session(backing, backing.beside())

    def fork(self) -> Store:
        """An independent copy in memory: what is written there stays there."""
        with self._session.lock:
            backing, connection = self._session.backing.duplicate(self._session.connection)
        return Store(Session(backing, connection), clock=self._clock)

    def close(self) -> None:
        if self._reader is not self._session:
            self._reader.close()
        self._session.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        limit: int = 0,
        after: Key | None = None,
        revision: int | None = None,
    ) -> Page:
        return reads.list_page(
            self._reader, resource, namespace, limit=limit, after=after, revision=revision
        )
