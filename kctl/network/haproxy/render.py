"""The configuration of HAProxy as text: listeners in, a checked file out."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kctl.network import checks
from kctl.network.haproxy.grammar import parse
from kctl.network.types import Endpoint, ServicePort

if TYPE_CHECKING:
    from jinja2 import Template

USER = 65532
"""What the workers run as; the master keeps root, to bind and to signal them."""
SOCKET = "/run/kctl/admin.sock"
CONFIRM_PORT = 10256
"""The port of kube-proxy's health check, which this one stands for."""
CONFIRM_PATH = "/generation"
_MAXCONN = 8000


@dataclass(frozen=True, slots=True)
class Server:
    """One endpoint behind a listener."""

    name: str
    address: str
    port: int
    id: int
    """Stays with the address, so that clients of the others keep theirs when one goes."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One `listen` section."""

    name: str
    binds: tuple[tuple[str, int], ...]
    servers: tuple[Server, ...]
    http: bool
    sticky: bool


def listener(
    port: ServicePort, binds: Sequence[tuple[str, int]], suffix: str = ""
) -> Listener | None:
    """The section of a service port; None where there is nothing to serve: a port that
    nobody listens on refuses connections, as Kubernetes does for lack of endpoints."""
    if port.protocol != "TCP" or not binds or not port.endpoints:
        return None
    namespace, service = checks.label(port.namespace), checks.label(port.service)
    name = f"{namespace}.{service}.{checks.port(port.port)}{suffix}"
    checked = tuple((checks.address(address), checks.port(number)) for address, number in binds)
    return Listener(name, checked, _servers(port.endpoints), port.http, bool(port.session_affinity))


def _servers(endpoints: Sequence[Endpoint]) -> tuple[Server, ...]:
    taken: set[int] = set()
    names: set[str] = set()
    servers = []
    for each in endpoints:
        where = f"{checks.address(each.address)}:{checks.port(each.port)}"
        number = zlib.crc32(where.encode()) % 0x7FFFFFFE + 1
        while number in taken:
            number = number % 0x7FFFFFFE + 1
        taken.add(number)
        name = checks.host_name(each.name)
        if name in names:
            name = f"{name}-{each.address}-{each.port}"
        names.add(name)
        servers.append(Server(name, each.address, each.port, number))
    return tuple(servers)


def render(listeners: Sequence[Listener], confirm_address: str) -> tuple[str, str]:
    """(configuration, generation). The generation is a digest of the configuration, which
    the confirm listener answers. Raises GrammarError rather than return a file that
    holds anything unexpected."""
    values = {
        "uid": USER,
        "maxconn": _MAXCONN,
        "socket": SOCKET,
        "confirm_address": checks.address(confirm_address),
        "confirm_port": CONFIRM_PORT,
        "confirm_path": CONFIRM_PATH,
        "listeners": listeners,
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
