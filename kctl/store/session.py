"""One connection, its transactions, and statements that are compiled once.

Statements are SQLAlchemy Core's. Compiling is what Core spends its time on, so each
statement is compiled to text on first use and then run on the driver's own cursor: a
primary-key read costs 5 us instead of 13, a wide one what the driver asks.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, NoReturn, Protocol

from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from kctl.store.errors import StoreError

Row = tuple[Any, ...]


class Cursor(Protocol):
    """The part of a DB-API cursor that a session uses."""

    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> list[Any]: ...

    def fetchone(self) -> Any: ...


class Connection(Protocol):
    """The part of a driver's connection that a session uses (sqlite3 and psycopg have it)."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor: ...

    def close(self) -> None: ...


class Backing(Protocol):
    """What differs between databases: see `kctl.store.sqlite`, `kctl.store.postgresql`."""

    @property
    def where(self) -> str:
        """The database as a person calls it; no password in it."""
        ...

    @property
    def dialect(self) -> Dialect: ...

    @property
    def begin_read(self) -> str:
        """Starts a transaction that sees one state of the database."""
        ...

    @property
    def begin_write(self) -> str:
        """Starts a transaction that no other writer runs beside."""
        ...

    @property
    def tables(self) -> str:
        """A query for the names of the tables that there are."""
        ...

    def connect(self, *, create: bool) -> Connection:
        """A connection in autocommit mode. Raises StoreError."""
        ...

    def beside(self) -> Connection:
        """Another connection that only reads, of a database that is connected already.
        Raises StoreError."""
        ...

    def turn(self) -> AbstractContextManager[Any]:
        """A context manager that is held while this process writes, so that writers
        queue in a fair order."""
        ...

    @property
    def failures(self) -> type[Exception]:
        """What the driver raises."""
        ...

    @property
    def bugs(self) -> tuple[type[Exception], ...]:
        """Those of `failures` that a misused driver raises: no news for people."""
        ...

    def explain(self, error: Exception) -> StoreError:
        """Another of `failures` in words for people."""
        ...

    def duplicate(self, connection: Any) -> tuple[Backing, Connection]:
        """An independent copy in memory of what `connection` sees."""
        ...

    def close(self) -> None:
        """Let go of what is held beside connections."""
        ...


class Transaction:
    """Holds its queues and the session's lock from BEGIN to COMMIT, or to ROLLBACK when
    the block raises. (A class, since a generator costs every write 10 us.)"""

    __slots__ = ("_begin", "_queues", "_session")

    def __init__(
        self, session: Session, begin: str, queues: tuple[AbstractContextManager[Any], ...]
    ) -> None:
        self._session, self._begin, self._queues = session, begin, queues

    def __enter__(self) -> None:
        entered = 0
        try:
            for queue in self._queues:
                queue.__enter__()
                entered += 1
            self._session.lock.acquire()
            entered += 1
            self._session.command(self._begin)
        except BaseException:
            self._leave(entered)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._commit()
            else:
                self._roll_back()
        finally:
            self._leave(len(self._queues) + 1)

    def _commit(self) -> None:
        try:
            self._session.command("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        """SQLite has already rolled back by itself after some errors (disk full)."""
        if self._session.in_transaction:
            self._session.command("ROLLBACK")

    def _leave(self, entered: int) -> None:
        if entered > len(self._queues):
            self._session.lock.release()
        for queue in reversed(self._queues[:entered]):
            queue.__exit__(None, None, None)


class Session:
    """A connection that the threads of a process share: one statement, or one
    transaction, at a time."""

    def __init__(self, backing: Backing, connection: Connection) -> None:
        self.backing, self.connection = backing, connection
        self.lock = threading.RLock()
        self._writers = threading.Lock()
        self._texts: dict[ClauseElement, tuple[str, dict[str, Any]]] = {}

    def _compile(self, statement: ClauseElement) -> tuple[str, dict[str, Any]]:
        """The statement in this database's SQL with named parameters, and the values of
        those that are constants of the statement."""
        compiled = statement.compile(dialect=self.backing.dialect)
        constants = {
            name: value for name, value in (compiled.params or {}).items() if value is not None
        }
        text = self._texts[statement] = (str(compiled), constants)
        return text

    def rows(self, statement: ClauseElement, **values: object) -> list[Row]:
        with self.lock:
            return self._execute(statement, values).fetchall()

    def row(self, statement: ClauseElement, **values: object) -> Row | None:
        with self.lock:
            found: Row | None = self._execute(statement, values).fetchone()
            return found

    def run(self, statement: ClauseElement, **values: object) -> int:
        """Execute a statement that answers no rows; how many it touched."""
        with self.lock:
            return self._execute(statement, values).rowcount

    def _execute(self, statement: ClauseElement, values: dict[str, object]) -> Cursor:
        text, constants = self._texts.get(statement) or self._compile(statement)
        try:
            return self.connection.execute(text, {**constants, **values} if constants else values)
        except self.backing.failures as error:
            self._refuse(error)

    def reading(self) -> Transaction:
        """One state of the database for several statements, as a context manager."""
        return Transaction(self, self.backing.begin_read, ())

    def writing(self) -> Transaction:
        """A context manager: one transaction of the only writer. What it wrote is durable
        when it ends, and gone when it raises. Threads queue before processes do, so that
        readers of this process wait for neither queue."""
        return Transaction(self, self.backing.begin_write, (self._writers, self.backing.turn()))

    @property
    def in_transaction(self) -> bool:
        """Whether the database is in one still: it gives up some by itself."""
        return bool(getattr(self.connection, "in_transaction", True))

    def command(self, text: str) -> None:
        """BEGIN, COMMIT, ROLLBACK or a savepoint. Raises StoreError."""
        try:
            self.connection.execute(text)
        except self.backing.failures as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> NoReturn:
        if isinstance(error, self.backing.bugs):
            raise error
        raise self.backing.explain(error) from error

    def close(self) -> None:
        with self.lock:
            self.connection.close()
            self.backing.close()


def bound(rows: Sequence[Row]) -> int:
    """The single number of a one-row answer, 0 for NULL or nothing."""
    return int(rows[0][0] or 0) if rows else 0
