"""SQLite's errors in words that tell a person what to do; both doors use them.

Light on purpose (see `kctl.store.reader`): the standard library's `sqlite3` alone.
"""

from __future__ import annotations

import os

try:  # the package around it imports datetime and collections, which cost more than a read
    import _sqlite3 as sqlite3
except ImportError:
    import sqlite3  # type: ignore[no-redef]

from kctl.store.errors import DiskFull, StoreError

FAILED_WRITES = (
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
)


def explain(error: Exception, path: str) -> StoreError:
    """The StoreError for what SQLite said about the database at `path`."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary == sqlite3.SQLITE_FULL or (code in FAILED_WRITES and _out_of_room(path)):
        return DiskFull(path)
    if code in FAILED_WRITES:
        return StoreError(
            f'cannot write to the database "{path}": {error} '
            "(a quota, a limit on the size of files, or a failing disk)"
        )
    if primary == sqlite3.SQLITE_NOTADB:
        return StoreError(f'"{path}" is not a kctl database: file is not a database')
    if primary == sqlite3.SQLITE_CORRUPT:
        return StoreError(f'the database "{path}" is damaged: {error}')
    cannot_open = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
    if primary in cannot_open or os.path.isdir(path):  # noqa: PTH112
        return StoreError(f'cannot open the database "{path}": {why_unreadable(path)}')
    if primary == sqlite3.SQLITE_READONLY:
        return StoreError(f'cannot write to the database "{path}": it is read-only')
    if primary == sqlite3.SQLITE_BUSY:
        return StoreError(f'the database "{path}" is locked by another program')
    return StoreError(f'the database "{path}" failed: {error}')


def why_unreadable(path: str) -> str:
    """The operating system's reason why a file cannot be opened, in its own words."""
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        return (error.strerror or str(error)).lower()
    folder = os.path.dirname(path) or "."  # noqa: PTH120 (pathlib costs 6 ms of start-up)
    if not os.access(folder, os.W_OK):
        return f'directory "{folder}" is not writable'
    return "unable to open database file"


def _out_of_room(path: str) -> bool:
    """SQLite reports a write or a growth that failed as a plain I/O error; the file
    system knows whether room was the reason."""
    try:
        room = os.statvfs(path)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < 1 << 20
