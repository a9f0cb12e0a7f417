"""The configuration of HAProxy as text: listeners in, a checked file out.

Sources: the HAProxy 2.6 configuration manual (`track`, `allbackups`, `peers`, `stick on`,
`tcp-ut`, `send-proxy`).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kctl.network import checks
from kctl.network.around import HEALTH_PORT
from kctl.network.haproxy.grammar import parse
from kctl.network.types import Endpoint, Peer, Relay, ServicePort

if TYPE_CHECKING:
    from jinja2 import Template

USER = 65532
"""What the workers run as; the master keeps root, to bind and to signal them."""
SOCKET = "/run/kctl/admin.sock"
CONFIRM_PORT = HEALTH_PORT
"""The port of kube-proxy's health check, which this one stands for."""
CONFIRM_PATH = "/generation"
PEERS_PATH = "/peers"
"""Answers "NODE=1 " (alive) or "NODE=0 " for every other node, in one line."""
_MEMORY_PORT = 10257
"""Of loopback: an old process tells the new one there which client belongs to which pod."""
_MAXCONN = 8000
_AFFINITY_CLIENTS = 102400
"""that a service's affinity remembers, the latest of them"""


@dataclass(frozen=True, slots=True)
class Server:
    """One endpoint behind a listener."""

    name: str
    address: str
    port: int
    id: int
    """Stays with the address, so that clients of the others keep theirs when one goes."""
    peer: str
    pod: str
    """"address:port" of the pod itself, also where another address leads to it"""


@dataclass(frozen=True, slots=True)
class Listener:
    """One `listen` section."""

    name: str
    binds: tuple[tuple[str, int], ...]
    servers: tuple[Server, ...]
    http: bool = False
    affinity: int = 0
    """seconds"""
    sources: tuple[str, ...] = ()
    proxy: str = ""
    """send-proxy, send-proxy-v2"""

    @property
    def distant(self) -> bool:
        """Every endpoint stands on a node that may fall silent: when all of them seem to,
        they are tried all the same, since nothing is lost by it."""
        return all(server.peer for server in self.servers)


@dataclass(frozen=True, slots=True)
class Health:
    """A listener that tells how many endpoints of a service this node has."""

    name: str
    namespace: str
    service: str
    endpoints: int
    binds: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Alive:
    """A listener that tells other nodes that this one is alive."""

    address: str
    port: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that one configuration holds."""

    confirm_address: str
    memory_address: str
    """an address of loopback that no other HAProxy of the same network uses so"""
    listeners: tuple[Listener, ...] = ()
    peers: tuple[Peer, ...] = ()
    health: tuple[Health, ...] = ()
    alive: Alive | None = None
    pool: tuple[str, ...] = ()
    """addresses to listen on although no interface may have them yet"""


def listener(
    port: ServicePort, binds: Sequence[tuple[str, int]], suffix: str = ""
) -> Listener | None:
    """The section of a service port; None where there is nothing to serve: a port that
    nobody listens on refuses connections, as Kubernetes does for lack of endpoints."""
    if port.protocol != "TCP" or not binds or not port.endpoints:
        return None
    namespace, service = checks.label(port.namespace), checks.label(port.service)
    return Listener(
        f"{namespace}.{service}.{checks.port(port.port)}{suffix}",
        tuple((checks.address(address), checks.port(number)) for address, number in binds),
        _servers(port.endpoints),
        port.http,
        port.session_affinity and checks.seconds(port.session_affinity),
        tuple(checks.network(each) for each in port.sources),
        _PROXY[port.proxy_protocol],
    )


_PROXY = {"": "", "v1": "send-proxy", "v2": "send-proxy-v2"}


def relay(address: str, each: Relay, sources: Sequence[str]) -> Listener:
    """A port of the node's address that leads to one pod, for some other nodes alone."""
    target = f"{checks.address(each.address)}:{checks.port(each.target)}"
    server = Server("pod", each.address, each.target, 1, "", target)
    binds = ((checks.address(address), checks.port(each.port)),)
    allowed = tuple(checks.address(source) for source in sources)
    return Listener(f"kctl-relay.{each.port}", binds, (server,), sources=allowed)


def _servers(endpoints: Sequence[Endpoint]) -> tuple[Server, ...]:
    taken: set[int] = set()
    names: set[str] = set()
    servers = []
    for each in endpoints:
        pod = f"{checks.address(each.address)}:{checks.port(each.port)}"
        number = zlib.crc32(pod.encode()) % 0x7FFFFFFE + 1
        while number in taken:
            number = number % 0x7FFFFFFE + 1
        taken.add(number)
        name = checks.host_name(each.name)
        if name in names:
            name = f"{name}-{each.address}-{each.port}"
        names.add(name)
        address, port = each.relay or (each.address, each.port)
        peer = each.peer and checks.host_name(each.peer)
        servers.append(Server(name, checks.address(address), checks.port(port), number, peer, pod))
    return tuple(servers)


def render(page: Page) -> tuple[str, str]:
    """(configuration, generation). The generation is a digest of the configuration, which
    the confirm listener answers. Raises GrammarError rather than return a file that
    holds anything unexpected."""
    values = {
        "uid": USER,
        "maxconn": _MAXCONN,
        "socket": SOCKET,
        "confirm_address": checks.address(page.confirm_address),
        "confirm_port": CONFIRM_PORT,
        "confirm_path": CONFIRM_PATH,
        "peers_path": PEERS_PATH,
        "memory_address": checks.address(page.memory_address),
        "memory_port": _MEMORY_PORT,
        "clients": _AFFINITY_CLIENTS,
        "page": page,
    }
    draft = _template().render(values, generation="0" * 16)
    generation = hashlib.sha256(draft.encode()).hexdigest()[:16]
    text = draft.replace("0" * 16, generation, 1)
    parse(text)
    return text, generation


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("kctl.network.haproxy"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # not HTML: values are checked, and the result is parsed
    )
    return environment.get_template("haproxy.cfg.j2")
