"""One connection between a client and a port of a pod."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

from kctl.runtime.stream_types import Duplex, PortForward
from kctl.server.streams.engines import Engines
from kctl.server.streams.sockets import PIECE, end_input, ended, on_loop


class Side(Protocol):
    """The client's side of it."""

    async def read(self) -> bytes:
        """b"" at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """Raises ConnectionError once the client is gone."""
        ...


async def forward(side: Side, engines: Engines, ports: PortForward, port: int) -> None:
    """Connect, and copy until the pod's side ends or the client is gone. Raises OSError and
    `HostUnreachable` where the port cannot be reached, or is lost."""
    wire = await engines.opened(ports.connect, port)
    async with on_loop(wire) as (reader, writer):
        sending = asyncio.create_task(_send(side, writer))
        try:
            await _receive(reader, wire, side)
        finally:
            await ended([sending])
    await engines.ask(wire.result)


async def _receive(reader: asyncio.StreamReader, wire: Duplex, side: Side) -> None:
    while chunk := await _read(reader):
        data = b"".join(payload for _, payload in wire.decode(chunk))
        if data:
            try:
                await side.write(data)
            except ConnectionError:
                return


async def _read(reader: asyncio.StreamReader) -> bytes:
    """What a process says before it resets the connection is all that it says."""
    try:
        return await reader.read(PIECE)
    except ConnectionResetError:
        return b""


async def _send(side: Side, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await side.read():
            writer.write(data)
            await writer.drain()
        await end_input(writer)
