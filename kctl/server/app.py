"""The ASGI application: every request's way from its head to its answer."""

from __future__ import annotations

import sys
import traceback

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kctl.api.errors import ApiError, internal
from kctl.server import paths, resources
from kctl.server.call import Call
from kctl.server.respond import refuse
from kctl.server.state import WARNINGS, Server
from kctl.store.types import StoreError


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
        except StoreError as error:
            return refuse(call, internal(str(error)))
        except Exception as error:  # noqa: BLE001 - a defect fails one request, not the server
            print(f"error: {call.method} {call.info.path}: {error!r}", file=sys.stderr)
            if self.server.debug:
                traceback.print_exc()
            return refuse(call, internal(f"{type(error).__name__}"))

    async def _handle(self, call: Call) -> Response | None:
        if call.info.resource_request:
            return await resources.serve(call)
        return await paths.serve(call)
