"""From a resource request to the handler of its verb."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from kctl.api.errors import ApiError
from kctl.api.kind import Kind
from kctl.server import accounts, binding, metrics, reading, scaling, watching, writing
from kctl.server.call import Call
from kctl.server.respond import text
from kctl.server.streams.table import STREAMS

Handler = Callable[[Call, Kind], Awaitable[Response | None]]

VERBS: dict[str, Handler] = {
    "get": reading.get,
    "list": reading.list_,
    "watch": watching.watch,
    "create": writing.create,
    "update": writing.update,
    "patch": writing.patch,
    "delete": writing.delete,
    "deletecollection": writing.delete_collection,
}
CHANGES = frozenset({"update", "patch", "delete"})
"""Verbs that read an object and write it back."""
STATUS: dict[str, Handler] = {
    "get": reading.get,
    "update": writing.update,
    "patch": writing.patch,
}
SCALE: dict[str, Handler] = {
    "get": scaling.get,
    "update": scaling.update,
    "patch": scaling.patch,
}
SUBRESOURCES: dict[tuple[str, str], dict[str, Handler]] = {
    ("pods", "binding"): {"create": binding.bind},
    ("pods", "eviction"): {"create": binding.evict},
    ("serviceaccounts", "token"): {"create": accounts.token},
    **STREAMS,
}
"""(resource, subresource) -> verb -> handler"""


async def serve(call: Call) -> Response | None:
    """Raises ApiError for what is not there and what is not allowed there."""
    info = call.info
    review = accounts.review(call, call.server.security.reviews.table)
    if review is not None and not info.name:
        if info.verb != "create":
            raise not_allowed()
        return await accounts.answer_review(call, review)
    if info.group == metrics.GROUP and info.version == metrics.VERSION:
        return await metrics.serve(call)
    kind = call.server.kind(info.group, info.version, info.resource)
    if kind is None:
        if not call.server.has_version(info.group, info.version):
            return text(call, "404 page not found\n", 404)
        raise not_here()
    if info.namespace and not kind.namespaced and info.resource != "namespaces":
        raise not_here()
    handlers = _handlers(kind, info.subresource)
    if handlers is None:
        raise not_here()
    handler = handlers.get(info.verb)
    if handler is None or not _addressed(call, kind):
        raise not_allowed()
    if info.verb not in CHANGES or call.lasts:
        return await handler(call, kind)
    async with call.server.turns.turn((kind.resource, info.namespace, info.name)):
        return await handler(call, kind)


def _handlers(kind: Kind, subresource: str) -> dict[str, Handler] | None:
    if not subresource:
        return VERBS
    found = SUBRESOURCES.get((kind.resource, subresource))
    if found is not None:
        return found
    if (subresource == "status" and kind.has_status) or subresource in kind.parts:
        return STATUS
    if subresource == "scale" and kind.scale is not None:
        return SCALE
    if subresource == "finalize" and kind.finalizers is not Kind.finalizers:
        return {"update": writing.update}
    return None


def _addressed(call: Call, kind: Kind) -> bool:
    """Whether the path names what the verb needs: objects of a namespace are made and changed
    in it, and what is created has no name in the path."""
    info = call.info
    if kind.namespaced and not info.namespace and info.verb not in ("list", "watch"):
        return False
    if info.verb == "create":
        return bool(info.subresource) or not info.name
    return bool(info.name) or info.verb not in ("get", "update", "patch", "delete")


def not_here() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def not_allowed() -> ApiError:
    text = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", text)
