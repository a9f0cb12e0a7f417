"""Update of an object, of its status, and of a namespace's finalizers.

An update that changes nothing writes nothing, as with the API server; one that takes the
last finalizer of an object that is being deleted removes it.
"""

from __future__ import annotations

from kctl.api import errors, meta
from kctl.api.apply.tracking import only_times_differ
from kctl.api.context import Context, refuse, settle_namespace
from kctl.api.encode import copy, decode
from kctl.api.fields import invalid, required
from kctl.api.kind import Kind, Object
from kctl.api.verbs.removal import holders, remove
from kctl.api.verbs.writer import NOBODY, Writer
from kctl.store.types import ClaimTaken, Conflict, Record

ATTEMPTS = 8
"""For an update that names no resourceVersion."""


def update(
    context: Context,
    obj: Object,
    subresource: str,
    dry_run: bool,
    validation: str,
    writer: Writer = NOBODY,
) -> Object:
    """Raises ApiError."""
    kind = context.kinds.of(obj)
    writer.check("UpdateOptions")
    new = context.read(kind, obj, validation)
    settle_namespace(kind, new, None)
    fields = new["metadata"]
    name = fields.get("name") or ""
    if not name:
        cause = required("metadata.name", "name is required")
        raise errors.invalid(kind.group, kind.kind, "", [cause])
    wanted = fields.pop("resourceVersion", "")
    for attempt in range(1, ATTEMPTS + 1):
        record = context.record(kind, name, fields.get("namespace", ""))
        _check_version(kind, name, wanted, record)
        try:
            again = copy(new) if attempt < ATTEMPTS else new
            return replace(context, kind, record, again, subresource, dry_run, writer)
        except Conflict:
            if wanted or attempt == ATTEMPTS:
                raise errors.conflict(kind.resource, name) from None
        except ClaimTaken as error:
            if attempt == ATTEMPTS:
                raise errors.conflict(kind.resource, name, str(error)) from None
    raise AssertionError("the last attempt returns or raises")


def _check_version(kind: Kind, name: str, wanted: str, record: Record) -> None:
    if not wanted or wanted == "0" or wanted == str(record.revision):
        return
    if not wanted.isascii() or not wanted.isdigit():
        why = f'strconv.ParseUint: parsing "{wanted}": invalid syntax'
        raise errors.ApiError(500, "", str(invalid("resourceVersion", wanted, why)))
    raise errors.conflict(kind.resource, name)


def replace(
    context: Context,
    kind: Kind,
    record: Record,
    new: Object,
    subresource: str,
    dry_run: bool,
    writer: Writer = NOBODY,
) -> Object:
    """Put `new` (in the API's form, owned by this call) in the place of `record`. Raises
    ApiError, and the store's Conflict and ClaimTaken."""
    old = decode(record, kind)
    old["metadata"].pop("resourceVersion")
    new["metadata"].pop("resourceVersion", None)
    _check_uid(kind, new, old)
    sent = new["metadata"].pop("managedFields", None)
    meta.keep_system_fields(new, old)
    new = _merge_subresource(kind, new, old, subresource)
    kind.default(new)
    writer.at_update(context, kind, new, old, sent, subresource)
    context.admit("UPDATE", kind, new, old, subresource)
    context.mutate("UPDATE", kind, new, old, subresource, dry_run)
    _count_generation(kind, new, old)
    part = kind.parts.get(subresource)
    changed = part.validate(new, old) if part else kind.validate_update(new, old)
    refuse(kind, new, meta.validate_update(new, old) + kind.validate(new) + changed)
    context.check("UPDATE", kind, new, old, subresource, dry_run)
    if old["metadata"].get("deletionTimestamp") and _may_go(kind, new, old):
        if dry_run:
            return _with_version(new, record.revision)
        return remove(context, kind, record, new)
    if new == old or dry_run or only_times_differ(new, old):
        return _with_version(new, record.revision)
    return context.store(kind, new, record.revision)


def _with_version(obj: Object, revision: int) -> Object:
    obj["metadata"]["resourceVersion"] = str(revision)
    return obj


def _check_uid(kind: Kind, new: Object, old: Object) -> None:
    wanted = new["metadata"].get("uid")
    is_now = old["metadata"]["uid"]
    if wanted and wanted != is_now:
        name = old["metadata"]["name"]
        why = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {is_now}"
        raise errors.conflict(kind.resource, name, why)


def _merge_subresource(kind: Kind, new: Object, old: Object, subresource: str) -> Object:
    """What of `new` the request may change, on top of `old`."""
    if not subresource:
        kind.prepare_update(new, old)
        return new
    if subresource == "status" and kind.has_status:
        return _status_only(kind, new, old)
    if subresource == "finalize" and kind.finalizers is not Kind.finalizers:
        finalizers = (new.get("spec") or {}).get("finalizers") or []
        return {**copy(old), "spec": {**(old.get("spec") or {}), "finalizers": finalizers}}
    if subresource in kind.parts:
        return kind.parts[subresource].merge(new, copy(old))
    raise errors.ApiError(404, "NotFound", "the server could not find the requested resource")


def _status_only(kind: Kind, new: Object, old: Object) -> Object:
    """Status, and of metadata what the strategies of status let through."""
    merged = copy(old)
    merged["status"] = new.get("status", {})
    for field in ("annotations", "finalizers"):
        merged["metadata"].pop(field, None)
        if new["metadata"].get(field):
            merged["metadata"][field] = new["metadata"][field]
    kind.prepare_status(merged, old)
    return merged


def _count_generation(kind: Kind, new: Object, old: Object) -> None:
    if not kind.has_generation:
        return
    generation = old["metadata"].get("generation", 1)
    changed = _content(kind, new) != _content(kind, old)
    new["metadata"]["generation"] = generation + 1 if changed else generation


def _content(kind: Kind, obj: Object) -> Object:
    """What a generation counts. Where status is no subresource, it is a field like any other."""
    beside = ("metadata", "status") if kind.has_status else ("metadata",)
    return {name: value for name, value in obj.items() if name not in beside}


def _may_go(kind: Kind, new: Object, old: Object) -> bool:
    """ShouldDeleteDuringUpdate: nothing holds it any more, and no grace is running."""
    return not holders(kind, new) and not old["metadata"].get("deletionGracePeriodSeconds")
