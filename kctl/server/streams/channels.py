"""WebSocket messages as numbered channels: the first byte of each is its channel's.

In the base64 forms the channel is a digit, and the rest is text for clients that cannot send
bytes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from starlette.types import Receive, Send

from kctl.api.errors import bad_request
from kctl.server.call import Call

PLAIN, BASE64 = "channel.k8s.io", "base64.channel.k8s.io"


class Channels:
    """One WebSocket. Any task may send; one receives."""

    def __init__(self, receive: Receive, send: Send, protocol: str) -> None:
        self._receive, self._send = receive, send
        self.protocol = protocol
        self._text = protocol.endswith(BASE64)
        self._closed = False

    @classmethod
    async def accept(cls, call: Call, known: Sequence[str], default: str | None) -> Channels:
        """`default` is for a client that names no protocol, None where it has to. Raises
        BadRequest where the client speaks none of those that are known."""
        asked = call.scope.get("subprotocols") or []
        protocol = next((each for each in asked if each in known), None)
        if protocol is None and (asked or default is None):
            raise bad_request("unable to upgrade: no WebSocket protocol that both sides know")
        await call.receive()  # websocket.connect
        await call.send({"type": "websocket.accept", "subprotocol": protocol})
        return cls(call.receive, call.send, protocol or default or "")

    async def receive(self) -> tuple[int, bytes] | None:
        """(channel, data); None at the end. Messages that make no sense mean nothing."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return None
            found = self._decoded(message)
            if found is not None:
                return found

    def _decoded(self, message: Any) -> tuple[int, bytes] | None:
        data = message.get("bytes")
        if data is None:
            data = (message.get("text") or "").encode()
        if not data:
            return None
        if not self._text:
            return data[0], data[1:]
        try:
            return data[0] - ord("0"), base64.b64decode(data[1:], validate=True)
        except binascii.Error:
            return None

    async def send(self, channel: int, data: bytes) -> None:
        """Waits until there is room. Raises OSError once the client is gone."""
        if self._text:
            text = chr(ord("0") + channel) + base64.b64encode(data).decode()
            await self._send({"type": "websocket.send", "text": text})
        else:
            await self._send({"type": "websocket.send", "bytes": bytes((channel,)) + data})

    async def close(self) -> None:
        """Say goodbye, once."""
        if self._closed:
            return
        self._closed = True
        try:
            await self._send({"type": "websocket.close", "code": 1000})
        except (OSError, RuntimeError):
            return  # the client was faster
