"""SQLite beneath a session: files and their modes, pragmas, the writers' queue."""

from __future__ import annotations

import os
import sqlite3
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect

from kctl.store.errors import NoDatabase, StoreError
from kctl.store.session import Connection
from kctl.store.sqlite_errors import explain
from kctl.store.turn import FileTurn

BUSY_MILLISECONDS = 10_000
"""How long to wait for another program's lock; kctl's own writers queue before that."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


class SqliteFile:
    """A database in a file, shared by the processes of one machine."""

    begin_read = "BEGIN"
    begin_write = "BEGIN IMMEDIATE"
    tables = TABLES
    failures = sqlite3.Error
    bugs = (sqlite3.ProgrammingError, sqlite3.InterfaceError)

    def __init__(self, path: str) -> None:
        self.where = path
        self.dialect: Dialect = SQLiteDialect_pysqlite(paramstyle="named")
        self._turn: FileTurn | None = None

    def connect(self, *, create: bool) -> Connection:
        if create:
            self._create()
        elif not os.path.exists(self.where):  # noqa: PTH110
            raise NoDatabase(self.where)
        connection = _connect(self.where)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            self.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Nothing is changed before it is clear that the file is kctl's."""
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
            tables = {name for (name,) in connection.execute(TABLES)}
            if tables and "meta" not in tables:
                raise StoreError(f'"{self.where}" is not a kctl database: no schema version')
            self._turn = FileTurn(self.where)
            with self._turn:
                for pragma in PRAGMAS:
                    connection.execute(pragma)
        except OSError as error:
            raise StoreError(f'cannot open "{error.filename}": {_reason(error)}') from error
        except sqlite3.Error as error:
            raise explain(error, self.where) from error

    def beside(self) -> Connection:
        connection = _connect(self.where)
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
            connection.execute("PRAGMA query_only = ON")
        except sqlite3.Error as error:
            connection.close()
            raise explain(error, self.where) from error
        return connection

    def turn(self) -> FileTurn:
        if self._turn is None:
            raise StoreError(f'the database "{self.where}" is not open')
        return self._turn

    def explain(self, error: Exception) -> StoreError:
        return explain(error, self.where)

    def duplicate(self, connection: Any) -> tuple[SqliteMemory, Connection]:
        memory = SqliteMemory()
        copy = memory.connect(create=True)
        connection.backup(copy)
        return memory, copy

    def close(self) -> None:
        if self._turn is not None:
            self._turn.close()
            self._turn = None

    def _create(self) -> None:
        """Make the directory 0700 and the file 0600 where they are missing; SQLite gives
        its -wal and -shm the file's mode."""
        path = Path(self.where)
        try:
            if not path.parent.exists():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Never open a file that is there: closing it again would drop the locks (fcntl)
            # that another connection of this process holds on it.
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with suppress(FileExistsError):
                os.close(os.open(path, flags, 0o600))
        except OSError as error:
            raise StoreError(f'cannot open the database "{path}": {_reason(error)}') from error


class SqliteMemory:
    """A database in this process's memory: a copy to try things on."""

    where = ":memory:"
    begin_read = "BEGIN"
    begin_write = "BEGIN IMMEDIATE"
    tables = TABLES
    failures = sqlite3.Error
    bugs = (sqlite3.ProgrammingError, sqlite3.InterfaceError)

    def __init__(self) -> None:
        self.dialect: Dialect = SQLiteDialect_pysqlite(paramstyle="named")

    def connect(self, *, create: bool) -> Any:
        connection = _connect(":memory:")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def beside(self) -> Any:
        raise StoreError("a copy in memory has one connection")

    def turn(self) -> nullcontext[None]:
        return nullcontext()

    def explain(self, error: Exception) -> StoreError:
        return explain(error, self.where)

    def duplicate(self, connection: Any) -> tuple[SqliteMemory, Connection]:
        memory = SqliteMemory()
        copy = memory.connect(create=True)
        connection.backup(copy)
        return memory, copy

    def close(self) -> None:
        """Nothing outside the connection is held."""


def _connect(path: str) -> sqlite3.Connection:
    """Autocommit (transactions are spelt out), and shared by threads (sessions lock)."""
    try:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise explain(error, path) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
