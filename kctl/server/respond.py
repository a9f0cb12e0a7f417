"""Answers: JSON or YAML, compressed where that pays, with the heads that clients expect."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from kctl.api.errors import ApiError
from kctl.server.call import Call
from kctl.server.negotiate import MEDIA, Shape

COMPRESS_FROM = 128 * 1024
"""Bytes of an answer from which on it is compressed, as the API server does."""
_LEVEL = 1
_GZIP = 31
JSON = Shape()


def respond(
    call: Call, value: Any, shape: Shape = JSON, code: int = 200, media: str = ""
) -> Response:
    """`value` is JSON text, or what becomes it; `media` another Content-Type than the shape's."""
    body = encode(value, shape)
    answer = Response(body, code, head(call), media or shape.media)
    if len(body) >= COMPRESS_FROM and "gzip" in call.headers.get("accept-encoding", ""):
        compress(answer)
    return answer


def head(call: Call) -> dict[str, str]:
    """The head of every answer: never cached, with the call's warnings."""
    fields = {"cache-control": "no-cache, private"}
    if call.warnings:
        fields["warning"] = ", ".join(_warning(each) for each in dict.fromkeys(call.warnings))
    return fields


def _warning(text: str) -> str:
    """RFC 7234's warn-code 299, "Miscellaneous Persistent Warning"."""
    safe = "".join(each if each.isprintable() else " " for each in text)
    escaped = safe.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'.encode().decode("latin-1")


def encode(value: Any, shape: Shape) -> bytes:
    if shape.media == MEDIA[1]:
        from kctl.api.yaml_out import dump_yaml

        return dump_yaml(orjson.loads(value) if isinstance(value, bytes) else value).encode()
    if shape.pretty:
        decoded = orjson.loads(value) if isinstance(value, bytes) else value
        return orjson.dumps(decoded, option=orjson.OPT_INDENT_2) + b"\n"
    return value if isinstance(value, bytes) else orjson.dumps(value)


def compress(answer: Response) -> None:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    answer.body = packer.compress(bytes(answer.body)) + packer.flush()
    answer.headers["content-length"] = str(len(answer.body))
    answer.headers["content-encoding"] = "gzip"
    answer.headers["vary"] = "Accept-Encoding"


def refuse(call: Call, error: ApiError, more: Mapping[str, str] = {}) -> Response:
    """The Status of a failure, always in JSON."""
    answer = Response(
        orjson.dumps(error.status), error.code, {**head(call), **more}, "application/json"
    )
    retry = error.details.get("retryAfterSeconds")
    if retry or error.code == 429:
        answer.headers["retry-after"] = str(retry or 1)
    return answer


def text(call: Call, words: str, code: int = 200) -> Response:
    """Plain text, as health checks answer."""
    more = {"x-content-type-options": "nosniff", **head(call)}
    return Response(words, code, more, "text/plain; charset=utf-8")
