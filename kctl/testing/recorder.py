"""A back end that remembers what was written to it, as a log would show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from kctl.store.types import Backend, Key, Page, Record, Write

Object = dict[str, Any]


def decode(record: Record) -> Object:
    """The object of a record, with its resourceVersion."""
    obj: Object = orjson.loads(record.value)
    obj["metadata"]["resourceVersion"] = str(record.revision)
    return obj


class Recorder:
    """Implements `Backend` by another one."""

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self._changes: list[tuple[Key, list[Object]]] = []

    def take(self) -> Sequence[tuple[Key, list[Object]]]:
        """(key, its values before and after) of every write since the last call."""
        taken, self._changes = self._changes, []
        return taken

    def revision(self) -> int:
        return self._inner.revision()

    def get(self, key: Key) -> Record | None:
        return self._inner.get(key)

    def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        limit: int = 0,
        after: Key | None = None,
        revision: int | None = None,
    ) -> Page:
        return self._inner.list(resource, namespace, limit=limit, after=after, revision=revision)

    def referring(self, ref: str) -> Sequence[Record]:
        return self._inner.referring(ref)

    def claims(self, prefix: str) -> set[str]:
        return self._inner.claims(prefix)

    def write(self, writes: Sequence[Write]) -> Sequence[int]:
        before = [self._inner.get(each.key) for each in writes]
        revisions = self._inner.write(writes)
        for each, old in zip(writes, before, strict=True):
            new = self._inner.get(each.key)
            values = [decode(record) for record in (old, new) if record is not None]
            self._changes.append((each.key, values))
        return revisions
