"""Server-side apply: an object as one manager wants it, beside what the others want.

The object is created where it is not there. The work on fields is `kctl.api.apply`'s; this
verb reads, checks what came, and writes through create and update.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kctl.api import errors
from kctl.api.apply import applying, last_applied, managers
from kctl.api.apply.check import check
from kctl.api.apply.conflicts import Owned
from kctl.api.apply.custom import shape_of
from kctl.api.apply.elements import NoElement
from kctl.api.apply.managers import APPLY, Managed, Manager
from kctl.api.apply.shapes import Shape
from kctl.api.apply.tracking import current, ignored
from kctl.api.context import Context, key_of, settle_namespace
from kctl.api.encode import decode
from kctl.api.fields import required
from kctl.api.kind import Kind, Object
from kctl.api.times import now_text
from kctl.api.verbs import apply_scale
from kctl.api.verbs.create import create
from kctl.api.verbs.update import replace
from kctl.api.verbs.writer import Writer
from kctl.store.types import ClaimTaken, Conflict, Record

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Request:
    """An apply as it came; `config` is decoded JSON or YAML."""

    name: str
    namespace: str
    config: Any
    manager: str
    force: bool = False
    subresource: str = ""


def apply(context: Context, kind: Kind, request: Request, dry_run: bool, validation: str) -> Object:
    """Raises ApiError."""
    causes = managers.name_errors(request.manager, "fieldManager")
    if not request.manager:
        causes = [required("fieldManager", "is required for apply patch"), *causes]
    if causes:
        raise errors.invalid("meta.k8s.io", "PatchOptions", "", causes)
    scales = request.subresource == "scale"
    shape = apply_scale.SHAPE if scales else shape_of(kind)
    version = (apply_scale.VERSION, "Scale") if scales else (kind.api_version, kind.kind)
    config = _config(shape, version, request)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _apply(context, kind, shape, config, request, dry_run, validation)
        except Owned as owned:
            raise owned.error() from None
        except RecursionError:
            raise errors.bad_request("json: exceeded max depth") from None
        except (Conflict, ClaimTaken) as error:
            named = config.get("metadata", {}).get("resourceVersion")
            if named or attempt == ATTEMPTS:
                why = str(error) if isinstance(error, ClaimTaken) else ""
                raise errors.conflict(kind.resource, request.name, why) from None
    raise AssertionError("the last attempt returns or raises")


def _config(shape: Shape, version: tuple[str, str], request: Request) -> Object:
    """The configuration, once it is one: of the right kind, and of the schema."""
    config = request.config
    if not isinstance(config, dict):
        raise errors.bad_request(
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot "
            "unmarshal array into Go value of type map[string]interface {}"
        )
    if (config.get("apiVersion"), config.get("kind")) != version:
        raise errors.bad_request(f"invalid object type: {_type_of(config)}")
    meta = config.get("metadata")
    if isinstance(meta, dict) and meta.get("managedFields") is not None:
        raise errors.bad_request("metadata.managedFields must be nil")
    try:
        wrong = check(shape, config)
    except RecursionError:
        raise errors.bad_request("json: exceeded max depth") from None
    if wrong:
        meta = meta if isinstance(meta, dict) else {}
        place = f"{meta.get('namespace', '')}/{meta.get('name', '')}; {_type_of(config)}"
        raise errors.bad_request(f"failed to create typed patch object ({place}): {wrong}")
    if meta is None:
        config = {**config, "metadata": {}}
    return config


def _type_of(config: Object) -> str:
    """As Go prints a GroupVersionKind: "apps/v1, Kind=Deployment", "/v1, Kind=Pod"."""
    version = str(config.get("apiVersion") or "")
    return f"{version if '/' in version else f'/{version}'}, Kind={config.get('kind') or ''}"


def _apply(
    context: Context,
    kind: Kind,
    shape: Shape,
    config: Object,
    request: Request,
    dry_run: bool,
    validation: str,
) -> Object:
    """One attempt. Raises Owned, ApiError, and the store's Conflict and ClaimTaken."""
    record = context.backend.get(key_of(kind, request.name, request.namespace))
    if record is None and request.subresource:
        raise errors.not_found(kind.resource, request.name)
    live = decode(record, kind) if record is not None else {}
    asked = applying.Request(
        config,
        Manager(request.manager, APPLY, "", request.subresource),
        config["apiVersion"],
        request.force,
        ignored(kind, request.subresource, config, live),
        now_text(context.now()),
    )
    if record is None:
        return _create(context, kind, shape, asked, request, dry_run, validation)
    if request.subresource == "scale":
        return apply_scale.apply(context, kind, record, asked, dry_run)
    merged, managed = _merged(kind, shape, live, asked)
    new = context.read(kind, merged, validation)
    _check_identity(kind, new, request)
    _check_version(kind, new, record)
    writer = Writer(request.manager, entries=managers.encode(managed))
    return replace(context, kind, record, new, request.subresource, dry_run, writer)


def _merged(
    kind: Kind, shape: Shape, live: Object, asked: applying.Request
) -> tuple[Object, Managed]:
    """The stored object with the configuration on top, and its entries."""
    entries = live["metadata"].pop("managedFields", None)
    try:
        managed = current(kind, managers.decode(entries or [], trusted=True))
        managed = managed or applying.first_owner(shape, live, asked)
        merged, after = _taking_over(shape, live, managed, asked)
    except NoElement as error:
        name = live["metadata"]["name"]
        raise errors.conflict(kind.resource, name, f"what is stored has no keys: {error}") from None
    if asked.manager.name == last_applied.MANAGER:
        last_applied.renew(merged, asked.config)
    return merged, after


def _taking_over(
    shape: Shape, live: Object, managed: Managed, asked: applying.Request
) -> tuple[Object, Managed]:
    """Apply; kubectl may take what it applied on the client's side before."""
    try:
        return applying.apply(shape, live, managed, asked)
    except Owned as owned:
        if asked.manager.name != last_applied.MANAGER:
            raise
        allowed = last_applied.allowed(shape, live, asked.api_version)
        left = applying.without_allowed(owned, allowed)
        if left:
            raise Owned(left) from None
    return applying.apply(shape, live, managed, asked._replace(force=True))


def _create(
    context: Context,
    kind: Kind,
    shape: Shape,
    asked: applying.Request,
    request: Request,
    dry_run: bool,
    validation: str,
) -> Object:
    meta = asked.config["metadata"]
    if meta.get("uid"):
        why = (
            f"uid mismatch: the provided object specified uid {meta['uid']}, and no existing "
            "object was found"
        )
        raise errors.conflict(kind.resource, request.name, why)
    if meta.get("resourceVersion"):
        raise errors.conflict(kind.resource, request.name)
    _, managed = applying.apply(shape, {}, {}, asked)
    obj = context.read(kind, asked.config, validation)
    _check_identity(kind, obj, request)
    writer = Writer(request.manager, entries=managers.encode(managed))
    try:
        return create(context, obj, request.namespace or None, dry_run, validation, writer)
    except errors.ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        raise Conflict(key_of(kind, request.name, request.namespace), 0, 1) from None


def _check_identity(kind: Kind, new: Object, request: Request) -> None:
    name = new["metadata"].get("name") or ""
    if not name:
        raise errors.bad_request(
            f"the name of the object ({request.name} based on URL) was undeterminable: name must "
            "be provided"
        )
    if name != request.name:
        raise errors.bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({request.name})"
        )
    settle_namespace(kind, new, request.namespace or None)


def _check_version(kind: Kind, new: Object, record: Record) -> None:
    version = new["metadata"].get("resourceVersion")
    if version and version != str(record.revision):
        raise errors.conflict(kind.resource, record.key.name)
