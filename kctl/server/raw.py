"""A connection that was taken over from HTTP: its bytes, both ways, with flow control."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

READ_LIMIT = 256 * 1024
"""Bytes that are held of what was not read yet."""
CLOSE_SECONDS = 10.0


class Raw(asyncio.Protocol):
    """One task may read and others write. `connections` is the server's set of them: it ends
    what is in there when it shuts down."""

    def __init__(
        self, transport: asyncio.Transport, connections: set[Any], early: bytes = b""
    ) -> None:
        self._transport, self._connections = transport, connections
        self._chunks: deque[bytes] = deque([early] if early else [])
        self._size = len(early)
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._paused = self._ended = self.lost = False
        connections.add(self)

    # --- for who took it over ---

    async def read(self) -> bytes:
        """The next bytes; b"" at the end."""
        while not self._chunks:
            if self._ended:
                return b""
            self._arrived.clear()
            await self._arrived.wait()
        data = self._chunks.popleft()
        self._size -= len(data)
        if self._paused and self._size < READ_LIMIT:
            self._paused = False
            self._transport.resume_reading()
        return data

    def write(self, data: bytes) -> None:
        """Send, after what is being sent. Who sends much waits with `drain`."""
        if not self.lost and not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait until there is room. Raises ConnectionResetError once the client is gone."""
        await self._writable.wait()
        if self.lost or self._transport.is_closing():
            raise ConnectionResetError("the client is gone")

    def close(self) -> None:
        """End the connection, after what is being sent: a client that does not take it does
        not keep the connection."""
        if not self.lost and not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def abort(self) -> None:
        """End it now."""
        self._transport.abort()

    # --- for the event loop ---

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        self._arrived.set()
        if self._size >= READ_LIMIT and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost = True
        self._connections.discard(self)
        self._end()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def shutdown(self) -> None:
        """The server ends."""
        self.close()

    def _end(self) -> None:
        self._ended = True
        self._arrived.set()
