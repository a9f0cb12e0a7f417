"""What the rooms above may say to a store, and what it answers.

Nothing here knows Kubernetes: a value is bytes (JSON in practice), a key is three
words, a revision is the id of the row that wrote it. Both the SQLAlchemy store and
the in-memory workspaces of a pass implement `Backend`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol


class Key(NamedTuple):
    """Where an object lives. `resource` is "pods" or "deployments.apps"; `namespace`
    is "" for cluster-scoped objects."""

    resource: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Record:
    """One object as stored: `value` is its JSON without metadata.resourceVersion,
    which is `revision` in decimal."""

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


class StoreError(Exception):
    """Anything a store refuses; the message is fit for people."""


class Conflict(StoreError):
    """A write expected another revision of `key`; `current` is 0 where it is gone."""

    def __init__(self, key: Key, expected: int, current: int) -> None:
        super().__init__(f"{key.resource} {key.name!r}: expected {expected}, is {current}")
        self.key, self.expected, self.current = key, expected, current


class ClaimTaken(StoreError):
    """A write claims a name that another key holds."""

    def __init__(self, claim: str, holder: Key | None = None) -> None:
        super().__init__(f"{claim} is taken")
        self.claim, self.holder = claim, holder


class Compacted(StoreError):
    """The log no longer reaches back to the revision asked for (410 Gone)."""

    def __init__(self, requested: int, oldest: int) -> None:
        super().__init__(f"revision {requested} was compacted; the oldest is {oldest}")
        self.requested, self.oldest = requested, oldest


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
