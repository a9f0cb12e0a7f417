"""The OpenAPI documents of the kinds that are served at the moment."""

from __future__ import annotations

from starlette.responses import Response

from kctl.server.call import Call
from kctl.server.respond import respond, text

V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_V2_NAMES = (V2_PROTOBUF, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")


async def serve(call: Call, rest: list[str]) -> Response:
    """`rest` is the path behind /openapi/. Raises ApiError 404."""
    documents = call.server.openapi()
    if rest == ["v2"]:
        if any(each in call.headers.get("accept", "") for each in _V2_NAMES):
            packed = await call.blocking(documents.v2_protobuf)
            return _with_tag(call, respond(call, packed, media=V2_PROTOBUF), documents.v2_hash())
        return _with_tag(
            call, respond(call, await call.blocking(documents.v2_bytes)), documents.v2_hash()
        )
    if rest == ["v3"]:
        return respond(call, await call.blocking(documents.v3_index))
    if rest[:1] == ["v3"]:
        name = "/".join(rest[1:])
        body = await call.blocking(documents.v3_bytes, name)
        return _with_tag(call, respond(call, body), documents.v3_hash(name))
    return text(call, "404 page not found\n", 404)


def _with_tag(call: Call, answer: Response, tag: str) -> Response:
    """Clients that have the document of this hash get no second one."""
    quoted = f'"{tag}"'
    if call.headers.get("if-none-match") == quoted:
        return Response(None, 304, {"etag": quoted})
    answer.headers["etag"] = quoted
    return answer
