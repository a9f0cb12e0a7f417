"""SPDY/3.1 inside a WebSocket: its bytes are those of binary messages, however they are cut."""

from __future__ import annotations

from starlette.types import Receive, Send

from kctl.server.call import Call

TUNNEL = "SPDY/3.1+portforward.k8s.io"


class Tunnel:
    """Implements `Bytes`."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._closed = False

    @classmethod
    async def accept(cls, call: Call) -> Tunnel:
        await call.receive()  # websocket.connect
        await call.send({"type": "websocket.accept", "subprotocol": TUNNEL})
        return cls(call.receive, call.send)

    async def read(self) -> bytes:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return b""
            data: bytes = message.get("bytes") or b""
            if data:
                return data

    async def write(self, data: bytes) -> None:
        try:
            await self._send({"type": "websocket.send", "bytes": data})
        except (OSError, RuntimeError):
            raise ConnectionResetError("the client is gone") from None

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._send({"type": "websocket.close", "code": 1000})
        except (OSError, RuntimeError):
            return  # the client was faster
