"""Sockets of the runtime on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from kctl.runtime.stream_types import Wire

PIECE = 64 * 1024


@contextlib.asynccontextmanager
async def on_loop(
    wire: Wire,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """The two directions of a wire while it lasts; it is closed at the end."""
    try:
        reader, writer = await connect(wire.sock)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
    finally:
        wire.close()


async def connect(sock: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if sock.family == socket.AF_UNIX:
        return await asyncio.open_unix_connection(sock=sock, limit=PIECE)
    return await asyncio.open_connection(sock=sock, limit=PIECE)


async def end_input(writer: asyncio.StreamWriter) -> None:
    """Nothing more will be sent; whoever has ended already does not mind."""
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()


async def ended(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks, and wait until they are gone."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
