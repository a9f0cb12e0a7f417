"""uvicorn's protocols with what the API server needs beside ASGI.

An ASGI scope says nothing of the client's certificate, and knows WebSocket as the only way
out of HTTP. Here each scope gets a `Connection` as its extension "kctl": it has the
certificate, and it can take a connection over. A request that asks for SPDY/3.1, or for a
WebSocket through a pod's or a service's proxy, reaches the application as an ordinary
request, so that who asks and whether they may is settled first; its handler then takes the
connection over, or answers as usual. What any other protocol asks for is not heard.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from kctl.server.raw import Raw

EXTENSION = "kctl"
HEAD_LIMIT = 1024 * 1024
"""Bytes of a request's head, as Go's net/http allows."""
HEAD_SECONDS = 32.0
"""Within which a request's head must have come, as the API server has it."""
EARLY_LIMIT = 64 * 1024
"""Bytes that a client may send behind a request to upgrade before it is answered."""
_PROXY = re.compile(rb"/api/v1/namespaces/[^/]+/(pods|services)/[^/]+/proxy(/.*)?", re.DOTALL)
_KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 15), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 9))
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class Connection:
    """What a scope's extension "kctl" is: the connection of the request."""

    __slots__ = ("_certificate", "_known", "_protocol", "_transport", "client")

    def __init__(self, transport: asyncio.Transport, protocol: Protocol | None) -> None:
        self._transport, self._protocol = transport, protocol
        self._known = False
        self._certificate: bytes | None = None
        self.client = protocol.client if protocol is not None else None
        """(address, port), None where the system does not tell"""

    @property
    def peer_certificate(self) -> bytes | None:
        """The client's certificate (DER) as TLS has checked it, None where there is none."""
        if not self._known:
            tls = self._transport.get_extra_info("ssl_object")
            self._certificate = tls.getpeercert(binary_form=True) if tls is not None else None
            self._known = True
        return self._certificate

    @property
    def upgrade(self) -> str:
        """The protocol that the request asks for and that can be taken over to, in lower
        case; "" where there is none."""
        return self._protocol.upgrade if self._protocol is not None else ""

    def take_over(self) -> Raw:
        """The bytes of the connection, behind the head of a request that asked to upgrade.
        Nothing was answered yet. Raises RuntimeError where the request did not ask, or has
        an answer already."""
        if self._protocol is None:
            raise RuntimeError("a WebSocket has its own messages")
        return self._protocol.take_over()


class Protocol(HttpToolsProtocol):
    """One connection that speaks HTTP/1.1."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.ws_protocol_class = WebSockets
        self.upgrade = ""
        self._early: bytearray | None = None
        self._connection: Connection | None = None
        self._head_size = -1
        """of the head that is not there as a whole, -1 between heads"""
        self._chunk_size = 0
        self._head_timer: asyncio.TimerHandle | None = None

    # --- the connection ---

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        keep_alive(transport)
        self._connection = Connection(transport, self)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._early is not None:
            self._hold(data)
            return
        self._unset_keepalive_if_required()
        while data and not self.transport.is_closing():
            self._chunk_size = len(data)
            if self._head_size >= 0 and not self._head_fits():
                return
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                data = self._behind(data[upgrade.args[0] :])
            except httptools.HttpParserError:
                self.logger.warning("Invalid HTTP request received.")
                self.send_400_response("Invalid HTTP request received.")
                return

    # --- heads ---

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size = self._chunk_size
        self._wait_for_head()
        self.scope["extensions"] = {EXTENSION: self._connection}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        self._head_size = -1
        self._head_came()
        super().on_headers_complete()

    def _head_fits(self) -> bool:
        self._head_size += self._chunk_size
        if self._head_size <= HEAD_LIMIT:
            return True
        self.transport.write(_TOO_LARGE)
        self.transport.close()
        return False

    def _wait_for_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self) -> None:
        self._head_timer = None
        self.transport.close()

    # --- upgrades ---

    def _should_upgrade(self) -> bool:
        """To uvicorn's WebSocket."""
        return self._get_upgrade() == b"websocket" and not _proxied(self.url)

    def _behind(self, rest: bytes) -> bytes:
        """What is to be done with what came behind a request that asked to upgrade."""
        if self._should_upgrade():
            self.handle_websocket_upgrade()
            return b""
        asked = self._get_upgrade()
        if asked == b"spdy/3.1" or asked == b"websocket":
            self.upgrade = asked.decode()
            self._early = bytearray()
            self.cycle.keep_alive = False  # what came behind was never HTTP
            self._hold(rest)
            return b""
        return rest

    def _hold(self, data: bytes) -> None:
        assert self._early is not None
        self._early += data
        if len(self._early) > EARLY_LIMIT:
            self.flow.pause_reading()

    def take_over(self) -> Raw:
        """See `Connection.take_over`."""
        if self._early is None or self.cycle.response_started:
            raise RuntimeError("this request did not ask to upgrade, or has been answered")
        if self.transport.is_closing():
            raise ConnectionResetError("the client is gone")
        self.cycle.response_started = self.cycle.response_complete = True
        self.cycle.message_event.set()
        self.server_state.total_requests += 1
        self.connections.discard(self)
        raw = Raw(self.transport, self.connections, bytes(self._early))
        self.transport.set_protocol(raw)
        self.flow.resume_reading()
        if self.flow.write_paused:
            raw.pause_writing()
        self._early = bytearray()
        return raw


class WebSockets(WebSocketsSansIOProtocol):
    """One connection that speaks WebSocket. Pings keep it alive on its way, but nobody is
    cut off for a late answer: a client that stands still is one that cannot write."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.ping_timeout = None
        self.conn.process_subprotocol = _anything  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._extension = Connection(self.transport, None)
        self._extension.client = self.client

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self._extension
        await super().run_asgi()


def _anything(headers: object) -> None:
    """The handler chooses among what the client offers; and some of what Kubernetes' clients
    offer ("SPDY/3.1+portforward.k8s.io") is no token as RFC 6455 wants it."""


def _proxied(url: bytes) -> bool:
    path = unquote_to_bytes(url.partition(b"?")[0])
    return _PROXY.fullmatch(path) is not None


def keep_alive(transport: asyncio.BaseTransport) -> None:
    """Notice a client that went without a word within minutes (Go's servers do the same)."""
    given = transport.get_extra_info("socket")
    if given is None or given.family == socket.AF_UNIX:
        return
    sock = socket.socket(fileno=os.dup(given.fileno()))
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, seconds in _KEEP_ALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, seconds)
    finally:
        sock.close()
