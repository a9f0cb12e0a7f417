"""A remote command over a WebSocket, as kubectl from 1.30 on and most libraries speak it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque

from kctl.api.kind import Object
from kctl.runtime.stream_types import STDOUT
from kctl.server.call import Call
from kctl.server.streams.channels import BASE64, PLAIN, Channels
from kctl.server.streams.remote import Gone, Options, Sizes, words_of
from kctl.server.streams.sockets import ended

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
PROTOCOLS = (V5, V4, f"v4.{BASE64}", PLAIN, BASE64)
STDIN, ERROR, RESIZE, CLOSE = 0, 3, 4, 255
HELD = 256 * 1024
"""Bytes of input that are held before the client is not read any more."""


class WebSocketRemote:
    """Implements `Remote`."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._input: deque[bytes] = deque()
        self._held = 0
        self._sizes, self._last_size = Sizes(), (0, 0)
        self._ended = False
        self._news, self._room, self._resized = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._running = asyncio.create_task(self._run())

    @classmethod
    async def accept(cls, call: Call, options: Options) -> WebSocketRemote:
        """Raises ApiError before anything was answered."""
        channels = await Channels.accept(call, PROTOCOLS, PLAIN)
        # an empty message tells the client that the streams are there
        first = STDOUT if options.stdout else 2 if options.stderr else ERROR
        try:
            await channels.send(first, b"")
        except OSError:
            raise Gone from None
        return cls(channels)

    async def _run(self) -> None:
        while (message := await self._channels.receive()) is not None:
            channel, data = message
            if channel == STDIN and data and not self._ended:
                await self._take(data)
            elif channel == RESIZE:
                for size in self._sizes.feed(data):
                    self._last_size = size
                    self._resized.set()
            elif channel == CLOSE and self._channels.protocol == V5 and data[:1] == b"\0":
                self._end_input()

    async def _take(self, data: bytes) -> None:
        self._input.append(data)
        self._held += len(data)
        self._news.set()
        while self._held > HELD:
            self._room.clear()
            await self._room.wait()

    def _end_input(self) -> None:
        self._ended = True
        self._news.set()

    async def stdin(self) -> bytes:
        while not self._input:
            if self._ended:
                return b""
            self._news.clear()
            await self._news.wait()
        data = self._input.popleft()
        self._held -= len(data)
        self._room.set()
        return data

    async def resized(self) -> tuple[int, int] | None:
        await self._resized.wait()
        self._resized.clear()
        return self._last_size

    async def write(self, stream: int, data: bytes) -> None:
        try:
            await self._channels.send(stream, data)
        except (OSError, RuntimeError):
            raise Gone from None

    async def gone(self) -> None:
        await asyncio.wait({self._running})

    async def finish(self, status: Object) -> None:
        old = self._channels.protocol in (PLAIN, BASE64)
        text = words_of(status) if old else json.dumps(status)
        with contextlib.suppress(OSError, RuntimeError):
            if text:
                await self._channels.send(ERROR, text.encode())

    async def close(self) -> None:
        await self._channels.close()
        await ended([self._running])
