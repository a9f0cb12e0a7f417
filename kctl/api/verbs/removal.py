"""Taking an object out of the store, and what holds it there."""

from __future__ import annotations

from kctl.api.context import Context
from kctl.api.kind import Kind, Object
from kctl.store.types import Record, Write


def holders(kind: Kind, obj: Object) -> list[str]:
    """The finalizers that keep a deleted object."""
    return [*(obj["metadata"].get("finalizers") or ()), *kind.finalizers(obj)]


def remove(context: Context, kind: Kind, record: Record, last: Object) -> Object:
    """Delete at the revision of `record`; answers `last` with the revision of its end.
    Raises Conflict."""
    revision = context.write(Write(record.key, record.revision, None, record.uid))
    last["metadata"]["resourceVersion"] = str(revision)
    return last
