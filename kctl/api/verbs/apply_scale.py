"""Server-side apply of a scale: who owns the number of replicas.

The Scale has no entries of its own: those of the object stand for it, as far as they own the
replicas, and what the apply makes of them goes back into the object (apimachinery's
ScaleHandler).
"""

from __future__ import annotations

from kctl.api import errors
from kctl.api.apply import applying, managers
from kctl.api.apply.fields import difference, has, of_path
from kctl.api.apply.managers import Entry, Managed
from kctl.api.apply.tables import struct
from kctl.api.context import Context
from kctl.api.encode import decode
from kctl.api.kind import Kind, Object
from kctl.api.verbs.scale import API_VERSION as VERSION
from kctl.api.verbs.scale import scale_of, with_replicas
from kctl.api.verbs.update import replace
from kctl.api.verbs.writer import Writer
from kctl.store.types import Record

__all__ = ["SHAPE", "VERSION", "apply"]

SHAPE = struct("autoscaling.v1.Scale")
_IN_SCALE = ("f:spec", "f:replicas")


def apply(
    context: Context, kind: Kind, record: Record, asked: applying.Request, dry_run: bool
) -> Object:
    """The Scale. Raises Owned, ApiError, and the store's Conflict."""
    if kind.scale is None:
        raise errors.ApiError(404, "NotFound", "the server could not find the requested resource")
    obj = decode(record, kind)
    wanted = asked.config["metadata"].get("resourceVersion")
    if wanted and wanted != str(record.revision):
        raise errors.conflict(kind.resource, record.key.name)
    path = tuple(f"f:{name}" for name in kind.scale.spec_replicas.split("."))
    parents = managers.decode(obj["metadata"].get("managedFields") or [], trusted=True)
    owners: Managed = {
        manager: Entry(of_path(*_IN_SCALE), VERSION, entry.time)
        for manager, entry in parents.items()
        if has(entry.fields, path)
    }
    current = scale_of(kind.scale, obj)
    owners = owners or applying.first_owner(SHAPE, current, asked)
    merged, after = applying.apply(SHAPE, current, owners, asked)
    replicas = (merged.get("spec") or {}).get("replicas") or 0
    new = with_replicas(kind.scale, obj, record.key.name, replicas)
    entries = managers.encode(_to_parent(parents, after, path, kind.api_version))
    writer = Writer(asked.manager.name, "scale", entries)
    return scale_of(kind.scale, replace(context, kind, record, new, "", dry_run, writer))


def _to_parent(
    parents: Managed, scales: Managed, path: tuple[str, ...], api_version: str
) -> Managed:
    """The object's entries once the owners of its scale are these."""
    fields = of_path(*path)
    owners = {each: entry for each, entry in scales.items() if has(entry.fields, _IN_SCALE)}
    result: Managed = {}
    for manager, entry in parents.items():
        kept = entry.fields if manager in owners else difference(entry.fields, fields)
        if kept:
            result[manager] = entry._replace(fields=kept)
    for manager, entry in owners.items():
        if manager not in parents:
            result[manager] = Entry(fields, api_version, entry.time)
        elif entry.time != parents[manager].time:
            result[manager] = result[manager]._replace(time=entry.time)
    return result
