"""port-forward over the numbered channels of a WebSocket: one connection for each port that
was asked for, its data on channel 2i and what went wrong on channel 2i+1."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Any

from kctl.runtime.stream_types import PortForward
from kctl.runtime.types import HostUnreachable
from kctl.server.streams.channels import Channels
from kctl.server.streams.engines import Engines
from kctl.server.streams.forward import forward
from kctl.server.streams.portforward_spdy import Failure
from kctl.server.streams.sockets import ended

HELD = 256 * 1024
"""Bytes for one port that are held before the client is not read any more."""


class Channel:
    """The client's side of one port."""

    def __init__(self, channels: Channels, number: int) -> None:
        self._channels, self._number = channels, number
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._ended = False
        self._news, self._room = asyncio.Event(), asyncio.Event()

    async def push(self, data: bytes) -> None:
        """Waits until there is room."""
        if self._ended or not data:
            return
        self._chunks.append(data)
        self._held += len(data)
        self._news.set()
        while self._held > HELD and not self._ended:
            self._room.clear()
            await self._room.wait()

    def end(self) -> None:
        """Nothing more is read or held."""
        self._ended = True
        self._chunks.clear()
        self._news.set()
        self._room.set()

    async def read(self) -> bytes:
        while not self._chunks:
            if self._ended:
                return b""
            self._news.clear()
            await self._news.wait()
        data = self._chunks.popleft()
        self._held -= len(data)
        self._room.set()
        return data

    async def write(self, data: bytes) -> None:
        try:
            await self._channels.send(self._number, data)
        except (OSError, RuntimeError):
            raise ConnectionResetError("the client is gone") from None


class Numbered:
    """`run` goes on until every connection has ended, or the client is gone."""

    def __init__(
        self,
        channels: Channels,
        numbers: list[int],
        failure: Failure,
        engines: Engines,
        ports: PortForward,
    ) -> None:
        self._channels, self._numbers = channels, numbers
        self._failure, self._engines, self._ports = failure, engines, ports
        self._sides = [Channel(channels, 2 * index) for index in range(len(numbers))]

    async def run(self) -> None:
        serving = [
            asyncio.create_task(self._serve(index, port))
            for index, port in enumerate(self._numbers)
        ]
        reading = asyncio.create_task(self._read())
        try:
            everything: set[asyncio.Future[Any]] = {reading, asyncio.gather(*serving)}
            await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await ended([*serving, reading])
            await self._channels.close()

    async def _read(self) -> None:
        while (message := await self._channels.receive()) is not None:
            number, data = message
            index, is_error = divmod(number, 2)
            if not is_error and 0 <= index < len(self._sides):
                await self._sides[index].push(data)

    async def _serve(self, index: int, port: int) -> None:
        """Both channels begin with the port, so that the client can tell them apart."""
        side, begin = self._sides[index], port.to_bytes(2, "little")
        with contextlib.suppress(OSError, RuntimeError):
            await self._channels.send(2 * index, begin)
            await self._channels.send(2 * index + 1, begin)
            words = ""
            try:
                await forward(side, self._engines, self._ports, port)
            except (OSError, HostUnreachable) as error:
                words = self._failure(port, error)
            side.end()
            if words:
                await self._channels.send(2 * index + 1, words.encode())
