"""Patch: read, apply, and update what came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kctl.api import errors
from kctl.api.context import Context
from kctl.api.encode import copy, decode
from kctl.api.fields import FieldError
from kctl.api.kind import Kind, Object
from kctl.api.patch import json_patch, merge, strategic
from kctl.api.patch.errors import PatchError
from kctl.api.schema.schema import definition
from kctl.api.verbs.scale import scale_of, update_scale
from kctl.api.verbs.update import replace
from kctl.api.verbs.writer import NOBODY, Writer
from kctl.store.types import ClaimTaken, Conflict

TYPES = ("strategic", "merge", "json")
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Request:
    """A patch as it came: decoded JSON of one of TYPES, for an object or a subresource."""

    name: str
    namespace: str
    patch: Any
    type: str
    subresource: str = ""


def patch(
    context: Context,
    kind: Kind,
    request: Request,
    dry_run: bool,
    validation: str,
    writer: Writer = NOBODY,
) -> Object:
    """Raises ApiError."""
    writer.check("PatchOptions")
    if request.type not in TYPES:
        raise errors.ApiError(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json-patch+json, application/merge-patch+json, "
            "application/strategic-merge-patch+json",
        )
    if request.subresource == "scale":
        return _patch_scale(context, kind, request, dry_run, writer)
    for attempt in range(1, ATTEMPTS + 1):
        record = context.record(kind, request.name, request.namespace)
        current = decode(record, kind)
        patched = _apply(kind, current, request)
        new = _decode(context, kind, patched, request, validation)
        _check_identity(kind, new, current)
        version = new["metadata"].get("resourceVersion")
        if version and version != str(record.revision):
            raise errors.conflict(kind.resource, request.name)
        named = version is not None and _names_version(request.patch)
        try:
            return replace(context, kind, record, new, request.subresource, dry_run, writer)
        except (Conflict, ClaimTaken):
            if named or attempt == ATTEMPTS:
                raise errors.conflict(kind.resource, request.name) from None
    raise AssertionError("the last attempt returns or raises")


def _names_version(patch: Any) -> bool:
    """Whether the patch itself asks for a resourceVersion."""
    if not isinstance(patch, dict):
        return any(
            isinstance(each, dict) and each.get("path") == "/metadata/resourceVersion"
            for each in patch
        )
    meta = patch.get("metadata")
    return isinstance(meta, dict) and bool(meta.get("resourceVersion"))


def _apply(kind: Kind, current: Object, request: Request) -> Any:
    try:
        if request.type == "json":
            return json_patch.apply(current, request.patch)
        if not isinstance(request.patch, dict):
            raise PatchError(
                "json: cannot unmarshal array into Go value of type map[string]interface {}"
            )
        if request.type == "merge":
            return merge.apply(current, request.patch)
        if definition(kind.schema) is None:
            raise errors.ApiError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types "
                "include: application/json-patch+json, application/merge-patch+json",
            )
        return strategic.apply(current, request.patch, kind.schema)
    except PatchError as error:
        if request.type == "json":
            raise _rejected(kind, request, str(error)) from None
        raise errors.bad_request(str(error)) from None


def _rejected(kind: Kind, request: Request, why: str) -> errors.ApiError:
    """A JSON patch that does not apply (NewGenericServerResponse)."""
    details = {"causes": [{"reason": "UnexpectedServerResponse", "message": why}]}
    text = "the server rejected our request due to an error in our request"
    return errors.ApiError(422, "Invalid", text, details)


def _decode(
    context: Context, kind: Kind, patched: Any, request: Request, validation: str
) -> Object:
    """The result in the API's form; what is wrong with it is the patch's fault."""
    if not isinstance(patched, dict):
        raise errors.bad_request("patched object is not an object")
    try:
        return context.read(kind, patched, validation)
    except errors.ApiError as error:
        _, _, why = error.message.partition(f"cannot be handled as a {kind.kind}: ")
        if not why:
            raise
        cause = FieldError("FieldValueInvalid", "patch", why, _shown(request))
        raise errors.invalid("", "", "", [cause]) from None


def _shown(request: Request) -> str:
    """The patch as the server's error quotes it: Go's %+v of a map, or the text."""
    from kctl.api.encode import dumps
    from kctl.api.fields import show
    from kctl.api.patch.errors import go_value

    if request.type == "strategic":
        return show(go_value(request.patch))
    return show(dumps(request.patch).decode())


def _check_identity(kind: Kind, new: Object, current: Object) -> None:
    meta, before = new["metadata"], current["metadata"]
    if meta.get("name") != before["name"]:
        raise errors.bad_request(
            f"the name of the object ({meta.get('name', '')}) does not match the name on the "
            f"URL ({before['name']})"
        )
    if kind.namespaced and meta.get("namespace") != before.get("namespace"):
        raise errors.bad_request(
            f"the namespace of the object ({meta.get('namespace', '')}) does not match the "
            f"namespace on the URL ({before.get('namespace', '')})"
        )


def _patch_scale(
    context: Context, kind: Kind, request: Request, dry_run: bool, writer: Writer
) -> Object:
    if kind.scale is None:
        raise errors.ApiError(404, "NotFound", "the server could not find the requested resource")
    record = context.record(kind, request.name, request.namespace)
    current = scale_of(kind.scale, decode(record, kind))
    try:
        if request.type == "json":
            patched = json_patch.apply(copy(current), request.patch)
        else:
            patched = merge.apply(current, request.patch)
    except PatchError as error:
        raise errors.bad_request(str(error)) from None
    if not _names_version(request.patch):
        patched["metadata"].pop("resourceVersion", None)
    name, namespace = request.name, request.namespace
    return update_scale(context, kind, name, namespace, patched, dry_run, writer)
