"""A pod for tests that shows what reached it: python echo.py ADDRESS PORT NAME answers every
request with NAME and the bytes before the end of its head, and closes."""

from __future__ import annotations

import asyncio
import sys

NAME = sys.argv[3].encode()


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        body = NAME + b"\n" + await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        writer.write(head + body)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # a probe, or a client that changed its mind
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(talk, sys.argv[1], int(sys.argv[2]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
