"""A small server on a real port, for what belongs to connections rather than to the API."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from kctl.server.protocol import Protocol, WebSockets


@contextlib.asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[int]:
    """The port on which `app` answers while it lasts."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=Protocol,
        ws=WebSockets,
        ws_per_message_deflate=False,
        interface="asgi3",
        proxy_headers=False,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=2,
        **options,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


def client_context() -> ssl.SSLContext:
    """Trusts anybody: what is tested is not who the server is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
