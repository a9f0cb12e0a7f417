"""Create: decode, name, default, admit, prepare, validate, store."""

from __future__ import annotations

from typing import Any

from kctl.api import errors, meta
from kctl.api.context import Context, refuse, settle_namespace
from kctl.api.encode import copy
from kctl.api.fields import FieldError
from kctl.api.kind import Kind, Object
from kctl.api.times import now_text
from kctl.api.verbs.writer import NOBODY, Writer
from kctl.store.types import ClaimTaken, Conflict

GENERATED_LENGTH = 63
SUFFIX_LENGTH = 5
ATTEMPTS = 8
"""As the API server tries a generateName; also for addresses and ports that somebody took
between their choice and the write."""


def create(
    context: Context,
    obj: Object,
    namespace: str | None,
    dry_run: bool,
    validation: str,
    writer: Writer = NOBODY,
) -> Object:
    """Raises ApiError."""
    kind = context.kinds.of(obj)
    writer.check("CreateOptions")
    decoded = context.read(kind, obj, validation)
    if decoded["metadata"].get("resourceVersion"):
        text = "resourceVersion should not be set on objects to be created"
        raise errors.ApiError(500, "", text)
    settle_namespace(kind, decoded, namespace)
    generates = not decoded["metadata"].get("name") and bool(
        decoded["metadata"].get("generateName")
    )
    for attempt in range(1, ATTEMPTS + 1):
        new = copy(decoded)
        sent = _fill(context, kind, new)
        kind.default(new)
        writer.at_create(context, kind, new, sent)
        context.admit("CREATE", kind, new, None, "")
        context.mutate("CREATE", kind, new, None, "", dry_run)
        _prepare(kind, new)
        refuse(kind, new, _errors(kind, new))
        context.check("CREATE", kind, new, None, "", dry_run)
        try:
            return _store(context, kind, new, dry_run)
        except Conflict:
            if generates and attempt < ATTEMPTS:
                continue
            raise errors.already_exists(kind.resource, new["metadata"]["name"]) from None
        except ClaimTaken as error:
            if attempt == ATTEMPTS:
                name = new["metadata"]["name"]
                raise errors.conflict(kind.resource, name, str(error)) from None
    raise AssertionError("the last attempt returns or raises")


def _fill(context: Context, kind: Kind, obj: Object) -> Any:
    """The fields of metadata that belong to the system, and a generated name. Answers the
    managedFields that the client sent."""
    fields = obj["metadata"]
    for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        fields.pop(name, None)
    sent = fields.pop("managedFields", None)
    fields["creationTimestamp"] = now_text(context.now())
    fields["uid"] = context.new_uid()
    fields.pop("generation", None)
    if kind.has_generation:
        fields["generation"] = 1
    if not fields.get("name") and fields.get("generateName"):
        base = fields["generateName"][: GENERATED_LENGTH - SUFFIX_LENGTH]
        fields["name"] = base + context.suffix()
    return sent


def _errors(kind: Kind, obj: Object) -> list[FieldError]:
    return meta.validate_create(kind, obj) + kind.validate(obj) + kind.validate_create(obj)


def _prepare(kind: Kind, obj: Object) -> None:
    kind.prepare_create(obj)


def _store(context: Context, kind: Kind, obj: Object, dry_run: bool) -> Object:
    if not dry_run:
        return context.store(kind, obj, 0)
    if context.backend.get(kind.key(obj)) is not None:
        raise Conflict(kind.key(obj), 0, 1)
    return obj
