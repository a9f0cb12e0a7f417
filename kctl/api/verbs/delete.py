"""Delete: preconditions, grace, finalizers and propagation (rest.BeforeDelete and the
deletion of the generic registry)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kctl.api import errors, times
from kctl.api.context import Context
from kctl.api.encode import copy, decode
from kctl.api.fields import not_supported
from kctl.api.kind import Kind, Object
from kctl.api.meta import FOREGROUND, ORPHAN
from kctl.api.verbs.removal import holders, remove
from kctl.store.types import Conflict, Record

POLICIES = ("Foreground", "Background", "Orphan")
ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Options:
    """DeleteOptions: propagation is one of POLICIES or None, grace in seconds."""

    propagation: str | None = None
    grace: int | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False


def delete(context: Context, kind: Kind, name: str, namespace: str, options: Options) -> Object:
    """The object as it was last: gone, or marked and waiting. Raises ApiError."""
    check_options(options)
    for number in range(1, ATTEMPTS + 1):
        try:
            return attempt(context, kind, context.record(kind, name, namespace), options)
        except Conflict:
            if number == ATTEMPTS:
                raise errors.conflict(kind.resource, name) from None
    raise AssertionError("the last attempt returns or raises")


def attempt(context: Context, kind: Kind, record: Record, options: Options) -> Object:
    """Delete at the revision of `record`. Raises ApiError, and the store's Conflict."""
    old = decode(record, kind)
    check_preconditions(kind, old, options)
    context.admit("DELETE", kind, None, old, "")
    context.mutate("DELETE", kind, None, old, "", options.dry_run)
    context.check("DELETE", kind, None, old, "", options.dry_run)
    return _delete(context, kind, record, old, options)


def check_options(options: Options) -> None:
    """Raises ApiError for an unknown propagation policy."""
    if options.propagation is not None and options.propagation not in POLICIES:
        cause = not_supported("propagationPolicy", options.propagation, (*POLICIES, "nil"))
        raise errors.invalid("meta.k8s.io", "DeleteOptions", "", [cause])


def check_preconditions(kind: Kind, old: Object, options: Options) -> None:
    """Raises the Conflict of a UID or resourceVersion that is another now."""
    meta = old["metadata"]
    for what, wanted, found in (
        ("UID", options.uid, meta["uid"]),
        ("ResourceVersion", options.resource_version, meta["resourceVersion"]),
    ):
        if wanted and wanted != found:
            why = (
                f"Precondition failed: {what} in precondition: {wanted}, "
                f"{what} in object meta: {found}"
            )
            raise errors.conflict(kind.resource, meta["name"], why)


def _delete(context: Context, kind: Kind, record: Record, old: Object, options: Options) -> Object:
    new = copy(old)
    meta = new["metadata"]
    meta.pop("resourceVersion")
    finalizers = _finalizers(kind, new, options)
    if finalizers != (meta.get("finalizers") or []):
        meta.pop("finalizers", None)
        if finalizers:
            meta["finalizers"] = finalizers
    graceful = _mark(kind, new, options, context.now)
    held = holders(kind, new)
    if not graceful and not held:
        return _gone(context, kind, record, new, options)
    if held and not graceful:
        _mark_at_once(new, context)
    kind.begin_delete(new)
    new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
    if new == old or options.dry_run:
        return new
    new["metadata"].pop("resourceVersion")
    return context.store(kind, new, record.revision)


def _gone(context: Context, kind: Kind, record: Record, last: Object, options: Options) -> Object:
    if options.dry_run:
        last["metadata"]["resourceVersion"] = str(record.revision)
        return last
    return remove(context, kind, record, last)


def _finalizers(kind: Kind, obj: Object, options: Options) -> list[str]:
    """The finalizers that the propagation policy asks for (deletionFinalizersForGarbage
    Collection)."""
    now = list(obj["metadata"].get("finalizers") or ())
    policy = options.propagation
    if policy is None:
        if ORPHAN in now or FOREGROUND in now or not kind.orphan_by_default:
            return now
        policy = "Orphan"
    kept = [each for each in now if each not in (ORPHAN, FOREGROUND)]
    return kept + {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(policy, [])


def _mark(kind: Kind, obj: Object, options: Options, now: Callable[[], datetime]) -> bool:
    """Set or shorten the grace of a kind that has one. True where it is still to run."""
    if kind.grace is None:
        return False
    meta = obj["metadata"]
    asked = options.grace
    if asked is not None and asked < 0:
        asked = 1  # as the API server has it since v1.33
    if meta.get("deletionTimestamp"):
        return _shorten(obj, asked)
    seconds = asked if asked is not None else kind.grace(obj)
    if kind.grace(obj) == 0:
        seconds = 0
    if seconds == 0:
        return False
    meta["deletionTimestamp"] = times.now_text(now() + timedelta(seconds=seconds))
    meta["deletionGracePeriodSeconds"] = seconds
    _raise_generation(obj)
    return True


def _shorten(obj: Object, asked: int | None) -> bool:
    """A second delete may only bring the end nearer."""
    meta = obj["metadata"]
    running = meta.get("deletionGracePeriodSeconds")
    if running is None or running == 0:
        return False
    if asked is None or asked >= running:
        return True
    if asked == 0:
        meta["deletionGracePeriodSeconds"] = 0
        return False
    end = times.parse(meta["deletionTimestamp"]) + timedelta(seconds=asked - running)
    meta["deletionTimestamp"] = times.now_text(end)
    meta["deletionGracePeriodSeconds"] = asked
    return True


def _mark_at_once(obj: Object, context: Context) -> None:
    """markAsDeleting: only finalizers hold it."""
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp"):
        meta["deletionTimestamp"] = times.now_text(context.now())
        _raise_generation(obj)
    meta["deletionGracePeriodSeconds"] = 0


def _raise_generation(obj: Object) -> None:
    meta = obj["metadata"]
    if meta.get("generation", 0) > 0:
        meta["generation"] += 1


def delete_all(
    context: Context, kind: Kind, objects: Sequence[Object], options: Options
) -> list[Object]:
    """Delete each of `objects` that is still there."""
    deleted = []
    for obj in objects:
        meta = obj["metadata"]
        try:
            deleted.append(delete(context, kind, meta["name"], meta.get("namespace", ""), options))
        except errors.ApiError as error:
            if error.reason != "NotFound":
                raise
    return deleted
