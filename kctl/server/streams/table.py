"""Which subresource is served by which handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from kctl.api.kind import Kind
from kctl.server.call import Call
from kctl.server.streams import commands
from kctl.server.streams.log import log
from kctl.server.streams.portforward import port_forward
from kctl.server.streams.proxy import proxy

Handler = Callable[[Call, Kind], Awaitable[Response | None]]

PROXY: dict[str, Handler] = dict.fromkeys(("get", "create", "update", "patch", "delete", ""), proxy)
"""every method: OPTIONS and the like are no verbs"""
STREAMS: dict[tuple[str, str], dict[str, Handler]] = {
    ("pods", "exec"): {"get": commands.exec_, "create": commands.exec_},
    ("pods", "attach"): {"get": commands.attach, "create": commands.attach},
    ("pods", "proxy"): PROXY,
    ("services", "proxy"): PROXY,
    ("pods", "log"): {"get": log},
    ("pods", "portforward"): {"get": port_forward, "create": port_forward},
}
"""(resource, subresource) -> verb -> handler"""
