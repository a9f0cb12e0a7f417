"""A back end in memory on top of the mirror: what a compute wants to write.

The Api works on it as on the store, so that a controller's writes are defaulted,
validated and numbered like a client's. Nothing reaches the store before `writes()` is
committed; each key is then one conditional write against the revision that this
compute read.
"""

from __future__ import annotations

from collections.abc import Sequence

from kctl.reconcile.mirror import Mirror
from kctl.store.types import ClaimTaken, Conflict, Key, Page, Record, Write


class Overlay:
    """Implements `Backend` over a mirror and tentative writes."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self._revision = mirror.revision
        self._records: dict[Key, Record | None] = {}
        self._writes: dict[Key, Write] = {}
        self._base: dict[Key, int] = {}
        self._refs: dict[str, set[Key]] = {}

    # --- reads ---

    def revision(self) -> int:
        return self._revision

    def get(self, key: Key) -> Record | None:
        return self._records[key] if key in self._records else self.mirror.get(key)

    def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        limit: int = 0,
        after: Key | None = None,
        revision: int | None = None,
    ) -> Page:
        """Everything of the resource as this compute sees it; the past is not its matter,
        so `revision` must be None."""
        if revision is not None:
            raise ValueError("an overlay has no past")
        records = sorted(self._visible(resource, namespace), key=lambda record: record.key)
        if after is not None:
            records = [record for record in records if record.key > after]
        remaining = max(len(records) - limit, 0) if limit else 0
        return Page(records[:limit] if limit else records, self._revision, remaining)

    def _visible(self, resource: str, namespace: str | None) -> Sequence[Record]:
        merged = dict(self.mirror.list(resource))
        for key, record in self._records.items():
            if key.resource != resource:
                continue
            if record is None:
                merged.pop(key, None)
            else:
                merged[key] = record
        return [
            record
            for key, record in merged.items()
            if namespace is None or key.namespace == namespace
        ]

    def referring(self, ref: str) -> Sequence[Record]:
        found = {
            record.key: record
            for record in self.mirror.referring(ref)
            if record.key not in self._records
        }
        for key in self._refs.get(ref, ()):
            record = self._records[key]
            if record is not None:
                found[key] = record
        return [found[key] for key in sorted(found)]

    def claims(self, prefix: str) -> set[str]:
        held = self.mirror.store.claims(prefix)
        for write in self._writes.values():
            held.update(claim for claim in write.claims if claim.startswith(prefix))
        return held

    # --- writes ---

    def write(self, writes: Sequence[Write]) -> Sequence[int]:
        for write in writes:
            self._check(write)
        return [self._put(write) for write in writes]

    def _check(self, write: Write) -> None:
        current = self.get(write.key)
        revision = current.revision if current else 0
        if revision != write.expected:
            raise Conflict(write.key, write.expected, revision)
        for claim in write.claims:
            for key, other in self._writes.items():
                if key != write.key and claim in other.claims:
                    raise ClaimTaken(claim, key)

    def _put(self, write: Write) -> int:
        self._base.setdefault(write.key, write.expected)
        self._revision += 1
        before = self._writes.get(write.key)
        for ref in before.refs if before is not None else ():
            self._refs[ref].discard(write.key)
        for ref in write.refs:
            self._refs.setdefault(ref, set()).add(write.key)
        self._writes[write.key] = write
        self._records[write.key] = (
            None
            if write.value is None
            else Record(write.key, self._revision, write.uid, write.value)
        )
        return self._revision

    def writes(self) -> Sequence[Write]:
        """What is to be committed: one write a key, against the revisions of the mirror.
        What was made and removed again within the compute is no write at all."""
        result = []
        for key, write in self._writes.items():
            base = self._base[key]
            if write.value is None and base == 0:
                continue
            result.append(
                Write(
                    key,
                    base,
                    write.value,
                    write.uid,
                    write.labels,
                    write.cells,
                    write.refs,
                    write.claims,
                )
            )
        return result
