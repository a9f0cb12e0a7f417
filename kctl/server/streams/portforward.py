"""port-forward: connections to the ports of a pod, many within one connection of the client.

kubectl speaks SPDY/3.1 for it, from 1.31 on inside a WebSocket; other clients number the
channels of a WebSocket by ports.
"""

from __future__ import annotations

from functools import partial

from starlette.responses import PlainTextResponse, Response

from kctl.api.errors import bad_request
from kctl.api.kind import Kind, Object
from kctl.runtime.pod_status import engine_id, is_running
from kctl.runtime.types import HostUnreachable
from kctl.server.call import Call
from kctl.server.streams import upgrade
from kctl.server.streams.channels import BASE64, PLAIN, Channels
from kctl.server.streams.pods import must_be_bound, pod_of, unreachable
from kctl.server.streams.portforward_channels import Numbered
from kctl.server.streams.portforward_spdy import Pairs
from kctl.server.streams.spdy_connection import Bytes
from kctl.server.streams.tunnel import TUNNEL, Tunnel

PROTOCOL = "portforward.k8s.io"
CHANNELS = (f"v4.{PLAIN}", f"v4.{BASE64}")


async def port_forward(call: Call, kind: Kind) -> Response | None:
    """Raises ApiError before the connection is upgraded."""
    pod = pod_of(call)
    must_be_bound(pod)
    websocket = call.scope["type"] == "websocket"
    tunnelled = TUNNEL in (call.scope.get("subprotocols") or [])
    numbers = ports_of(call) if websocket and not tunnelled else []
    if not websocket:
        upgrade.must_upgrade(call)
    running = _running(pod)
    if not running:
        meta = pod["metadata"]
        return PlainTextResponse(f'pod not found ("{meta["name"]}_{meta["namespace"]}")', 500)
    address = (pod.get("status") or {}).get("podIP", "")
    engines = call.server.engines
    try:
        ports = engines.of(pod).port_forward(running, address)
    except HostUnreachable as error:
        raise unreachable(error) from None
    try:
        if numbers:
            channels = await Channels.accept(call, CHANNELS, CHANNELS[0])
            await Numbered(channels, numbers, partial(_failure, pod), engines, ports).run()
        else:
            carrier = await _carrier(call, websocket)
            await Pairs(carrier, partial(_failure, pod), engines, ports).run()
    finally:
        await engines.ask(ports.close)
    return None


async def _carrier(call: Call, websocket: bool) -> Bytes:
    if websocket:
        return await Tunnel.accept(call)
    return upgrade.switch(call, upgrade.agreed(call, [PROTOCOL], PROTOCOL))


def _running(pod: Object) -> str:
    """The engine's ID of a running container of the pod, "" where there is none."""
    for each in (pod.get("status") or {}).get("containerStatuses") or []:
        if is_running(each):
            return engine_id(each["containerID"])
    return ""


def _failure(pod: Object, port: int, error: Exception) -> str:
    why = str(getattr(error, "strerror", None) or error).lower()
    uid = pod["metadata"]["uid"]
    return f"error forwarding port {port} to pod {pod['metadata']['name']}, uid {uid}: {why}"


def ports_of(call: Call) -> list[int]:
    """Of `?ports=80,81` or `?ports=80&ports=81`. Raises BadRequest."""
    given = call.queries.get("ports", [])
    if not given:
        raise bad_request('query parameter "ports" is required')
    found = []
    for words in given:
        for word in words.split(","):
            number = int(word) if word.isascii() and word.isdigit() and len(word) < 6 else 0
            if not 0 < number < 65536:
                raise bad_request(f'unable to parse "{words}" as a port')
            found.append(number)
    if len(found) > 64:
        raise bad_request("more than 64 ports at once are not forwarded")
    return found
