"""What the rooms above may say to a store, and what it answers.

Nothing here knows Kubernetes: a value is bytes (JSON in practice), a key is three
words, a revision is the id of the row that wrote it. Both the SQLAlchemy store and
the in-memory workspaces of a pass implement `Backend`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from kctl.store.errors import (
    ClaimTaken,
    Compacted,
    Conflict,
    DiskFull,
    FutureRevision,
    NewerSchema,
    NoDatabase,
    OlderSchema,
    StoreError,
)
from kctl.store.key import Key

__all__ = [
    "Backend",
    "Change",
    "ClaimTaken",
    "Compacted",
    "Conflict",
    "DiskFull",
    "FutureRevision",
    "Key",
    "Lease",
    "Memo",
    "NewerSchema",
    "NoDatabase",
    "OlderSchema",
    "Page",
    "Record",
    "StoreError",
    "Write",
]


class Record(NamedTuple):
    """One object as stored: `value` is its JSON without metadata.resourceVersion,
    which is `revision` in decimal. (A tuple, since lists make them by the ten thousand.)"""

    key: Key
    revision: int
    uid: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the order of (namespace, name), as of `revision`. `remaining` counts
    the records after the last one when a limit cut the list."""

    records: list[Record]
    revision: int
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the log. For DELETED, `value` is the last value of the object."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    key: Key
    revision: int
    uid: str
    value: bytes
    previous: bytes | None = None
    """The value before a MODIFIED, where the log still has it."""


@dataclass(frozen=True, slots=True)
class Write:
    """One conditional write. `expected` is the revision that the writer read: 0 for
    "must not exist". `value` None deletes.

    labels: JSON object text. cells: JSON array text of the table row (see
    `kctl.printing.cells`). refs: back references that `Backend.referring` finds
    ("owner/UID", "node/NAME"). claims: names that one key at most may hold at a time
    ("ip/10.0.0.1", "nodeport/TCP/30080").
    """

    key: Key
    expected: int
    value: bytes | None
    uid: str = ""
    labels: str = "{}"
    cells: str = "[]"
    refs: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


class Backend(Protocol):
    """What `kctl.api.Api` needs beneath it."""

    def revision(self) -> int:
        """The newest revision, 0 for an empty store."""
        ...

    def get(self, key: Key) -> Record | None: ...

    def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        limit: int = 0,
        after: Key | None = None,
        revision: int | None = None,
    ) -> Page:
        """Records of one resource. `revision` reads the past: Compacted where it is gone."""
        ...

    def referring(self, ref: str) -> Sequence[Record]:
        """Records whose last write carried `ref`, in key order."""
        ...

    def claims(self, prefix: str) -> set[str]:
        """The claims held now that start with `prefix`."""
        ...

    def write(self, writes: Sequence[Write]) -> Sequence[int]:
        """All or nothing; the new revisions in order. Raises Conflict or ClaimTaken.
        A write of the very value that is stored is still a new revision; avoiding it
        is the caller's matter."""
        ...


class Memo(NamedTuple):
    """What a pass wants the next one to know; `due` (epoch seconds) wakes it then."""

    value: str
    due: float | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a lease, until when (epoch seconds)."""

    name: str
    holder: str
    expires: float
    pid: int = 0
    host: str = ""
    detail: str = ""
