"""The ASGI application: every request's way from its head to its answer."""

from __future__ import annotations

import asyncio
import sys
import traceback

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kctl.api.errors import ApiError, internal
from kctl.api.user import CURRENT
from kctl.server import paths, resources
from kctl.server.call import Call
from kctl.server.respond import refuse
from kctl.server.state import AUTHOR, WARNINGS, Server
from kctl.store.types import StoreError

LONGEST = 60
"""Seconds for whatever is no stream, as the API server's --request-timeout."""
TOO_LONG = "the request did not complete within the allotted timeout"


class App:
    """One for all connections of a `Server`."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return
        call = Call(self.server, scope, receive, send)
        WARNINGS.set(call.warnings)
        answer = await self._answer(call)
        if answer is not None:
            await answer(scope, receive, send)

    async def _answer(self, call: Call) -> Response | None:
        """None where the handler has answered by itself (streams)."""
        try:
            return await self._handle(call)
        except ApiError as error:
            return refuse(call, error)
        except TimeoutError:
            return refuse(call, ApiError(504, "Timeout", TOO_LONG))
        except ClientDisconnect:
            return None
        except StoreError as error:
            return refuse(call, internal(str(error)))
        except Exception as error:  # noqa: BLE001 - a defect fails one request, not the server
            print(f"error: {call.method} {call.info.path}: {error!r}", file=sys.stderr)
            if self.server.debug:
                traceback.print_exc()
            return refuse(call, internal(f"{type(error).__name__}"))

    async def _handle(self, call: Call) -> Response | None:
        server = self.server
        call.user = server.security.admit(call)
        CURRENT.set(call.user)
        AUTHOR.set(call)
        if not call.info.resource_request:
            return await paths.serve(call)
        if call.lasts:
            return await resources.serve(call)
        async with server.seats.seat(call.user.name), asyncio.timeout(LONGEST):
            return await resources.serve(call)
