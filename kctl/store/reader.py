"""The light, read-only door to a SQLite store, for commands that only show.

It needs the standard library's `sqlite3` and nothing else (no SQLAlchemy, no
`dataclasses`, no `typing`), so that a short-lived command starts at once; rows are plain
tuples. A test holds it to the answers of `kctl.store.store`.
"""

from __future__ import annotations

import os

try:  # the package around it imports datetime and collections, which cost more than a read
    import _sqlite3 as sqlite3
except ImportError:
    import sqlite3  # type: ignore[no-redef]

from kctl.store.errors import NoDatabase, StoreError
from kctl.store.sqlite_errors import explain
from kctl.store.version import SCHEMA_KEY, check_readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

    Rows = list[Any]

BUSY_SECONDS = 10.0

VALUED = "current JOIN revisions ON revisions.id = current.revision"
"""The log keeps the values."""


class Reader:
    """Open with `Reader.open`. Every method raises StoreError for what SQLite refuses."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection, self._path = connection, path

    @classmethod
    def open(cls, path: str | Path) -> Reader:
        """Raises NoDatabase where there is none, OlderSchema where a command that writes
        has to migrate first, NewerSchema, and StoreError."""
        where = os.path.abspath(path)  # noqa: PTH100
        if not os.path.exists(where):  # noqa: PTH110
            raise NoDatabase(where)
        try:
            connection = sqlite3.connect(
                f"file:{_quoted(where)}?mode=ro",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise explain(error, where) from error
        reader = cls(connection, where)
        try:
            reader._check_schema()
        except BaseException:
            connection.close()
            raise
        return reader

    def revision(self) -> int:
        """The newest revision, 0 for an empty store."""
        return int(self._all("SELECT max(id) FROM revisions")[0][0] or 0)

    def rows(
        self,
        resource: str,
        namespace: str | None = None,
        name: str | None = None,
        *,
        names: Sequence[str] = (),
    ) -> Rows:
        """(namespace, name, revision, labels as JSON, cells as JSON) in key order;
        `namespace` None is all of them; `name` or `names` pick."""
        picked = [*names] if name is None else [*names, name]
        where, values = _where(resource, namespace, picked)
        return self._all(
            f"SELECT namespace, name, revision, labels, cells FROM current WHERE {where} "
            "ORDER BY namespace, name",
            values,
        )

    def get(self, resource: str, namespace: str, name: str) -> tuple[int, bytes] | None:
        """(revision, value)"""
        found: Rows = self._all(
            f"SELECT revision, value FROM {VALUED} "
            "WHERE current.resource = ? AND current.namespace = ? AND current.name = ?",
            (resource, namespace, name),
        )
        answer: tuple[int, bytes] | None = found[0] if found else None
        return answer

    def list(self, resource: str, namespace: str | None = None) -> list[tuple[int, bytes]]:
        """(revision, value) in key order."""
        where, values = _where(resource, namespace, [])
        return self._all(
            f"SELECT revision, value FROM {VALUED} WHERE {where} "
            "ORDER BY current.namespace, current.name",
            values,
        )

    def extent(self, resource: str) -> tuple[int, int]:
        """How many objects of a resource there are, and the newest revision of one."""
        found = self._all(
            "SELECT count(*), max(revision) FROM current WHERE resource = ?", (resource,)
        )
        return int(found[0][0]), int(found[0][1] or 0)

    def meta(self, key: str) -> str | None:
        found = self._all("SELECT value FROM meta WHERE key = ?", (key,))
        answer: str | None = found[0][0] if found else None
        return answer

    def lease(self, name: str) -> tuple[str, str, float, int, str, str] | None:
        """(name, holder, expires, pid, host, detail), expired or not."""
        found = self._all(
            "SELECT name, holder, expires, pid, host, detail FROM leases WHERE name = ?", (name,)
        )
        answer: tuple[str, str, float, int, str, str] | None = found[0] if found else None
        return answer

    def next_due(self) -> float | None:
        """The earliest time (epoch seconds) that a pass wants to be woken at."""
        due: float | None = self._all("SELECT min(due) FROM memory")[0][0]
        return due

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _check_schema(self) -> None:
        try:
            stored = self.meta(SCHEMA_KEY)
        except StoreError:
            if self._all("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
                raise
            stored = None
        if stored is None or not stored.isdecimal():
            if not self._all("SELECT 1 FROM sqlite_master LIMIT 1"):
                raise NoDatabase(self._path)  # another process is just making it
            raise StoreError(f'"{self._path}" is not a kctl database: no schema version')
        check_readable(self._path, int(stored))

    def _all(self, sql: str, values: Iterable[object] = ()) -> Rows:
        try:
            return self._connection.execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise explain(error, self._path) from error


def _where(resource: str, namespace: str | None, names: Sequence[str]) -> tuple[str, list[object]]:
    clause, values = "current.resource = ?", [resource]
    if namespace is not None:
        clause += " AND current.namespace = ?"
        values.append(namespace)
    if names:
        clause += f" AND current.name IN ({', '.join('?' * len(names))})"
        values.extend(names)
    return clause, [*values]


def _quoted(path: str) -> str:
    """A path as SQLite's URIs want it, without urllib (1 ms to import)."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
