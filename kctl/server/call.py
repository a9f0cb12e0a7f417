"""One request on its way through the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from kctl.api.errors import ApiError
from kctl.api.user import ANONYMOUS, User
from kctl.server.info import RequestInfo, request_info

if TYPE_CHECKING:
    from kctl.server.state import Server

T = TypeVar("T")
MAX_BODY = 3 * 1024 * 1024
"""Bytes of a body, as the API server's --max-request-body-bytes."""
STREAMS = frozenset({"attach", "exec", "log", "portforward", "proxy"})
_FALSE = ("0", "false")


class Call:
    """`query` has the last value of each parameter, `queries` all of them; `headers` the
    values by their names in lower case. `user` is anonymous until authentication has spoken;
    `warnings` go into the answer's head."""

    __slots__ = (
        "headers",
        "info",
        "queries",
        "query",
        "receive",
        "scope",
        "send",
        "server",
        "user",
        "warnings",
    )

    def __init__(self, server: Server, scope: Scope, receive: Receive, send: Send) -> None:
        self.server, self.scope, self.receive, self.send = server, scope, receive, send
        text = scope["query_string"].decode("latin-1")
        self.queries: dict[str, list[str]] = parse_qs(text, keep_blank_values=True) if text else {}
        self.query = {name: values[-1] for name, values in self.queries.items()}
        self.headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, word = name.decode("latin-1"), value.decode("latin-1")
            self.headers[key] = f"{self.headers[key]},{word}" if key in self.headers else word
        self.info: RequestInfo = request_info(self.method, scope["path"], self.query)
        self.user: User = ANONYMOUS
        self.warnings: list[str] = []

    @property
    def method(self) -> str:
        """In capitals; "GET" for a WebSocket."""
        return str(self.scope.get("method", "GET"))

    @property
    def request(self) -> Request:
        return Request(self.scope, self.receive, self.send)

    @property
    def connection(self) -> Any:
        """What the server's own protocol class tells of the connection: `peer_certificate`
        (DER, or None) and `take_over()`; None under another server."""
        return self.scope.get("extensions", {}).get("kctl")

    @property
    def address(self) -> str:
        """The client's, without its port."""
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    @property
    def lasts(self) -> bool:
        """A stream, which may go on for as long as both sides like."""
        return self.info.verb == "watch" or self.info.subresource in STREAMS

    def flag(self, name: str) -> bool:
        """A boolean parameter as apimachinery reads it: whatever is there and not "0" or
        "false" is true."""
        return name in self.query and self.query[name].lower() not in _FALSE

    def number(self, name: str) -> int | None:
        """A whole number, None where the parameter is not there. Raises ApiError."""
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            why = f'strconv.ParseInt: parsing "{text}": invalid syntax'
            raise ApiError(400, "BadRequest", why) from None

    async def body(self) -> bytes:
        """The whole body. Raises ApiError 413 before more than `MAX_BODY` of it is held."""
        parts: list[bytes] = []
        size = 0
        length = self.headers.get("content-length", "")
        if length.isdigit() and int(length) > MAX_BODY:
            raise _too_large()
        async for part in self.request.stream():
            size += len(part)
            if size > MAX_BODY:
                raise _too_large()
            parts.append(part)
        return b"".join(parts)

    async def blocking(
        self, work: Callable[..., T], *args: Any, limiter: CapacityLimiter | None = None
    ) -> T:
        """Run what may block (a write, a list, Docker) on a thread, with this call's context."""
        return await to_thread.run_sync(work, *args, limiter=limiter)


def _too_large() -> ApiError:
    return ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {MAX_BODY}")
