"""Create, update, patch, delete and deletecollection."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from starlette.responses import Response

from kctl.api import json_text
from kctl.api.errors import ApiError, bad_request, invalid
from kctl.api.fields import forbidden, not_supported
from kctl.api.kind import Kind, Object
from kctl.server import bodies
from kctl.server.call import Call
from kctl.server.delete_options import delete_options
from kctl.server.negotiate import Shape, shape
from kctl.server.respond import respond
from kctl.server.shapes import shaped, shaped_list

APPLY = "application/apply-patch+yaml"
PATCHES = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
}
MAX_PATCH_OPERATIONS = 10_000
RETURNS_DELETED = frozenset(
    {"pods", "services", "serviceaccounts", "resourcequotas", "podtemplates"}
    | {"persistentvolumes", "persistentvolumeclaims"}
)
"""Resources whose delete answers the object even where nothing held it."""


class Options(NamedTuple):
    """The parameters that every write has. `manager` is who owns the fields it sets."""

    dry_run: bool
    validation: str
    manager: str
    force: bool


def options(call: Call, kind: str) -> Options:
    """`kind` names them in errors: "CreateOptions". Raises ApiError."""
    asked = call.queries.get("dryRun", [])
    if any(each != "All" for each in asked):
        raise invalid("meta.k8s.io", kind, "", [not_supported("dryRun", asked, ("All",))])
    validation = call.query.get("fieldValidation", "") or "Warn"
    if validation not in ("Strict", "Warn", "Ignore"):
        supported = ("Ignore", "Strict", "Warn")
        cause = not_supported("fieldValidation", validation, supported)
        raise invalid("meta.k8s.io", kind, "", [cause])
    agent = call.headers.get("user-agent", "").partition("/")[0]
    shown = "".join(each for each in agent if each.isprintable())[:128] or "unknown"
    manager = call.query.get("fieldManager", "") or shown
    return Options(bool(asked), validation, manager, call.flag("force"))


async def create(call: Call, kind: Kind) -> Response:
    form, asked = shape(call.headers, call.query), options(call, "CreateOptions")
    obj = bodies.as_object(kind, await _body(call, asked))
    made = await call.blocking(
        partial(
            call.server.api.create,
            obj,
            namespace=call.info.namespace or None,
            dry_run=asked.dry_run,
            validation=asked.validation,
            manager=asked.manager,
        )
    )
    return _answer(call, kind, made, form, 201)


async def update(call: Call, kind: Kind) -> Response:
    """PUT of the object or of one of its subresources."""
    form, asked = shape(call.headers, call.query), options(call, "UpdateOptions")
    obj = bodies.as_object(kind, await _body(call, asked), call.info.name)
    obj["metadata"] = _metadata(call, kind, obj)
    made = await call.blocking(
        partial(
            call.server.api.update,
            obj,
            subresource=call.info.subresource,
            dry_run=asked.dry_run,
            validation=asked.validation,
            manager=asked.manager,
        )
    )
    return _answer(call, kind, made, form)


def _metadata(call: Call, kind: Kind, obj: Object) -> Any:
    """With the name and namespace of the path, where the body has none."""
    meta = obj.get("metadata")
    if not isinstance(meta, dict):
        return meta if meta is not None else {"name": call.info.name}
    if not kind.namespaced:
        return {"name": call.info.name, **meta}
    own = meta.get("namespace")
    if own and own != call.info.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    return {"name": call.info.name, **meta, "namespace": call.info.namespace}


async def patch(call: Call, kind: Kind) -> Response:
    form, asked = shape(call.headers, call.query), options(call, "PatchOptions")
    media = bodies.media_type(call)
    info = call.info
    if media == APPLY:
        return await _apply(call, kind, form, asked)
    if media not in PATCHES:
        raise bodies.unsupported_media((*PATCHES, APPLY))
    if asked.force:
        cause = forbidden("force", "may not be specified for non-apply patch")
        raise invalid("meta.k8s.io", "PatchOptions", "", [cause])
    change = _patch_body(await call.body(), PATCHES[media])
    made = await call.blocking(
        partial(
            call.server.api.patch,
            kind,
            info.name,
            info.namespace,
            change,
            PATCHES[media],
            subresource=info.subresource,
            dry_run=asked.dry_run,
            validation=asked.validation,
            manager=asked.manager,
        )
    )
    return _answer(call, kind, made, form)


async def _apply(call: Call, kind: Kind, form: Shape, asked: Options) -> Response:
    config = bodies.from_yaml(await call.body(), "error decoding YAML")
    info = call.info
    existed = call.server.exists(kind, info.namespace, info.name)
    made = await call.blocking(
        partial(
            call.server.api.apply,
            kind,
            info.name,
            info.namespace,
            config,
            manager=call.query.get("fieldManager", ""),
            force=asked.force,
            subresource=info.subresource,
            dry_run=asked.dry_run,
            validation=asked.validation,
        )
    )
    return _answer(call, kind, made, form, 200 if existed else 201)


def _patch_body(raw: bytes, type_: str) -> Any:
    try:
        values = json_text.read_values(raw.decode())
    except (json_text.JsonSyntaxError, UnicodeDecodeError) as error:
        raise bad_request(f"error decoding patch: {error}") from None
    if len(values) != 1:
        raise bad_request("error decoding patch: unexpected end of JSON input")
    (value,) = values
    if type_ == "json":
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            why = "json: cannot unmarshal object into Go value of type jsonpatch.Patch"
            raise bad_request(f"error decoding patch: {why}")
        if len(value) > MAX_PATCH_OPERATIONS:
            raise ApiError(
                413,
                "RequestEntityTooLarge",
                f"The allowed maximum operations in a JSON patch is {MAX_PATCH_OPERATIONS}, got "
                f"{len(value)}",
            )
    return value


async def delete(call: Call, kind: Kind) -> Response:
    form = shape(call.headers, call.query)
    asked = await delete_options(call)
    info = call.info
    gone = await call.blocking(
        partial(
            call.server.api.delete,
            kind,
            info.name,
            info.namespace,
            propagation=asked.propagation,
            grace=asked.grace,
            uid=asked.uid,
            resource_version=asked.version,
            dry_run=asked.dry_run,
        )
    )
    stays = asked.dry_run or call.server.exists(kind, info.namespace, info.name)
    if stays or kind.resource in RETURNS_DELETED:
        return _answer(call, kind, gone, form)
    return respond(call, _deleted(kind, gone), form)


def _deleted(kind: Kind, obj: Object) -> Object:
    """The Status of a delete that left nothing."""
    details = {"name": obj["metadata"]["name"], "group": kind.group, "kind": kind.plural}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {name: value for name, value in details.items() if value}
        | {"uid": obj["metadata"]["uid"]},
    }


async def delete_collection(call: Call, kind: Kind) -> Response:
    form = shape(call.headers, call.query)
    asked = await delete_options(call)
    gone = await call.blocking(
        partial(
            call.server.api.delete_collection,
            kind,
            call.info.namespace or None,
            label_selector=call.query.get("labelSelector", ""),
            field_selector=call.query.get("fieldSelector", ""),
            propagation=asked.propagation,
            grace=asked.grace,
            dry_run=asked.dry_run,
        )
    )
    meta = {"resourceVersion": str(call.server.store.revision())}
    return respond(call, shaped_list(kind, gone, meta, form, call.server.now()), form)


async def _body(call: Call, asked: Options) -> Any:
    value = await bodies.read(call, asked.validation)
    if value is None:
        raise bad_request("the body of the request is empty")
    return value


def _answer(call: Call, kind: Kind, obj: Object, form: Shape, code: int = 200) -> Response:
    return respond(call, shaped(kind, obj, form, call.server.now()), form, code)
