"""A back end in memory, with a log, for tests of kinds, admission steps and controllers.

It keeps the rules of `kctl.store.types.Backend` to the letter, since tests that pass on
it must also pass on the store.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

from kctl.store.types import (
    Change,
    ClaimTaken,
    Compacted,
    Conflict,
    FutureRevision,
    Key,
    Page,
    Record,
    Write,
)


class MemoryBackend:
    """Implements `Backend`, and `changes` for watches. Not thread-safe."""

    def __init__(self) -> None:
        self._revision = 0
        self._oldest = 0
        self._records: dict[Key, Record] = {}
        self._writes: dict[Key, Write] = {}
        self._keys: list[Key] = []
        self._log: list[Change] = []

    # --- reads ---

    def revision(self) -> int:
        return self._revision

    def get(self, key: Key) -> Record | None:
        return self._records.get(key)

    def row(self, key: Key) -> Write:
        """The last write of a stored key: its cells, labels, references and claims."""
        return self._writes[key]

    def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        limit: int = 0,
        after: Key | None = None,
        revision: int | None = None,
    ) -> Page:
        at = self._revision if revision is None else revision
        records = [
            record
            for record in self._at(at)
            if record.key.resource == resource
            and (namespace is None or record.key.namespace == namespace)
            and (after is None or record.key > after)
        ]
        remaining = max(len(records) - limit, 0) if limit else 0
        return Page(records[:limit] if limit else records, at, remaining)

    def _at(self, revision: int) -> Sequence[Record]:
        """Every record as of a revision, in key order."""
        if revision == self._revision:
            return [self._records[key] for key in self._keys]
        self._check(revision)
        found: dict[Key, Record] = {}
        for change in self._log:
            if change.revision > revision:
                break
            if change.type == "DELETED":
                found.pop(change.key, None)
            else:
                found[change.key] = Record(change.key, change.revision, change.uid, change.value)
        return [found[key] for key in sorted(found)]

    def _check(self, revision: int) -> None:
        if revision > self._revision:
            raise FutureRevision(revision, self._revision)
        if revision < self._oldest:
            raise Compacted(revision, self._oldest)

    def referring(self, ref: str) -> Sequence[Record]:
        return [self._records[key] for key in self._keys if ref in self._writes[key].refs]

    def claims(self, prefix: str) -> set[str]:
        return {
            claim
            for write in self._writes.values()
            for claim in write.claims
            if claim.startswith(prefix)
        }

    def changes(
        self,
        since: int,
        *,
        resource: str | None = None,
        namespace: str | None = None,
        limit: int = 0,
    ) -> Sequence[Change]:
        self._check(since)
        found = [
            change
            for change in self._log[since:]  # a write is a revision, and one entry of the log
            if resource in (None, change.key.resource) and namespace in (None, change.key.namespace)
        ]
        return found[:limit] if limit else found

    # --- writes ---

    def write(self, writes: Sequence[Write]) -> Sequence[int]:
        for write in writes:
            self._check_write(write)
        return [self._put(write) for write in writes]

    def _check_write(self, write: Write) -> None:
        current = self._records.get(write.key)
        revision = current.revision if current else 0
        if revision != write.expected:
            raise Conflict(write.key, write.expected, revision)
        for claim in write.claims:
            for key, other in self._writes.items():
                if key != write.key and claim in other.claims:
                    raise ClaimTaken(claim, key)

    def _put(self, write: Write) -> int:
        self._revision += 1
        before = self._records.get(write.key)
        if write.value is None:
            assert before is not None
            del self._records[write.key], self._writes[write.key]
            self._keys.remove(write.key)
            self._log.append(Change("DELETED", write.key, self._revision, before.uid, before.value))
            return self._revision
        if before is None:
            insort(self._keys, write.key)
        self._records[write.key] = Record(write.key, self._revision, write.uid, write.value)
        self._writes[write.key] = write
        self._log.append(
            Change(
                "MODIFIED" if before else "ADDED",
                write.key,
                self._revision,
                write.uid,
                write.value,
                before.value if before else None,
            )
        )
        return self._revision

    def compact(self) -> None:
        """Forget the log: reads of the past and watches from before are refused."""
        self._oldest = self._revision
