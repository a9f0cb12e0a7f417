"""The subresources of a pod that are written once: its binding to a node, its eviction."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from kctl.api.errors import bad_request
from kctl.api.kind import Kind
from kctl.server import bodies, writing
from kctl.server.call import Call
from kctl.server.respond import respond


async def bind(call: Call, kind: Kind) -> Response:
    asked = writing.options(call, "CreateOptions")
    body = await bodies.read(call, asked.validation)
    if not isinstance(body, dict):
        raise bad_request("the body of the request is to be a Binding")
    info = call.info
    bind_ = partial(call.server.api.bind, info.name, info.namespace, body, dry_run=asked.dry_run)
    return respond(call, await call.blocking(bind_), code=201)


async def evict(call: Call, kind: Kind) -> Response:
    asked = writing.options(call, "CreateOptions")
    body = await bodies.read(call, asked.validation)
    if body is not None and not isinstance(body, dict):
        raise bad_request("the body of the request is to be an Eviction")
    info = call.info
    evict_ = partial(call.server.api.evict, info.name, info.namespace, body, dry_run=asked.dry_run)
    return respond(call, await call.blocking(evict_), code=201)
