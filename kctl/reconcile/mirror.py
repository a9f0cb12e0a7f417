"""The store's objects in memory, kept in step with its log.

A pass reads through a mirror: a resource is loaded when it is first listed, an object
is decoded when it is first looked at, and `advance` applies what others wrote since.
A one-shot pass over a settled world therefore decodes nothing; a watcher decodes only
what changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from kctl.store.store import Store
from kctl.store.types import Change, Key, Record

Object = dict[str, Any]


def decode(record: Record) -> Object:
    """The object of a record, with its resourceVersion."""
    obj: Object = orjson.loads(record.value)
    obj["metadata"]["resourceVersion"] = str(record.revision)
    return obj


class Mirror:
    """Records by key, whole resources once they were listed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.revision = store.revision()
        self._records: dict[Key, Record | None] = {}
        self._loaded: dict[str, dict[Key, Record]] = {}
        self._objects: dict[Key, tuple[int, Object]] = {}

    def get(self, key: Key) -> Record | None:
        loaded = self._loaded.get(key.resource)
        if loaded is not None:
            return loaded.get(key)
        if key not in self._records:
            self._records[key] = self.store.get(key)
        return self._records[key]

    def list(self, resource: str) -> dict[Key, Record]:
        """Every record of a resource by key; the caller must not change the answer."""
        loaded = self._loaded.get(resource)
        if loaded is None:
            loaded = {record.key: record for record in self.store.list(resource).records}
            self._loaded[resource] = loaded
        return loaded

    def referring(self, ref: str) -> Sequence[Record]:
        return [self._adopted(record) for record in self.store.referring(ref)]

    def _adopted(self, record: Record) -> Record:
        """Keep a record that was read beside its key, unless it is known already."""
        loaded = self._loaded.get(record.key.resource)
        known = loaded.get(record.key) if loaded is not None else self._records.get(record.key)
        if known is not None and known.revision == record.revision:
            return known
        if loaded is None and record.revision <= self.revision:
            self._records[record.key] = record
        return record

    def object(self, record: Record) -> Object:
        """The decoded object; shared, so the caller must not change it."""
        cached = self._objects.get(record.key)
        if cached is not None and cached[0] == record.revision:
            return cached[1]
        obj = decode(record)
        self._objects[record.key] = (record.revision, obj)
        return obj

    def advance(self) -> Sequence[Change]:
        """Apply what was written since the last call; raises Compacted when the log does
        not reach back that far (then `reset` and look at everything)."""
        changes = self.store.changes(self.revision)
        for change in changes:
            self._apply(change)
        return changes

    def reset(self) -> None:
        self.revision = self.store.revision()
        self._records.clear()
        self._loaded.clear()
        self._objects.clear()

    def _apply(self, change: Change) -> None:
        self.revision = change.revision
        key = change.key
        loaded = self._loaded.get(key.resource)
        if change.type == "DELETED":
            self._objects.pop(key, None)
            if loaded is not None:
                loaded.pop(key, None)
            self._records[key] = None
            return
        record = Record(key, change.revision, change.uid, change.value)
        if loaded is not None:
            loaded[key] = record
        self._records[key] = record
