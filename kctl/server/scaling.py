"""The scale subresource."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from kctl.api.errors import bad_request
from kctl.api.kind import Kind
from kctl.server import bodies, writing
from kctl.server.call import Call
from kctl.server.negotiate import shape
from kctl.server.respond import respond


async def get(call: Call, kind: Kind) -> Response:
    info = call.info
    found = call.server.reads.get_scale(kind, info.name, info.namespace)
    return respond(call, found, shape(call.headers, call.query))


async def update(call: Call, kind: Kind) -> Response:
    form, asked = shape(call.headers, call.query), writing.options(call, "UpdateOptions")
    body = await bodies.read(call, asked.validation)
    if not isinstance(body, dict) or body.get("kind", "Scale") != "Scale":
        raise bad_request("the body of the request is to be a Scale")
    info = call.info
    change = partial(
        call.server.api.update_scale,
        kind,
        info.name,
        info.namespace,
        body,
        dry_run=asked.dry_run,
        manager=asked.manager,
    )
    return respond(call, await call.blocking(change), form)


async def patch(call: Call, kind: Kind) -> Response:
    return await writing.patch(call, kind)
