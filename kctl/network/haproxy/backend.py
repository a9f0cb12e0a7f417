"""The built-in load balancer: HAProxy for connections, dnsmasq for names.

Containers of one image. "lb" stands in the pod network and owns the service range;
"dns" shares its network and answers names; "edge" stands in the host's network and
listens on node ports, with "hold" beside it where the node has addresses of the pool. The
last two exist only where a service asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kctl.network import checks, names
from kctl.network.haproxy.hold import hold
from kctl.network.haproxy.render import (
    CONFIRM_PATH,
    CONFIRM_PORT,
    PEERS_PATH,
    Alive,
    Health,
    Page,
    listener,
    relay,
    render,
)
from kctl.network.image import recipe
from kctl.network.types import Front, Model, ServicePort

_CONFIGURATION = "/etc/haproxy/haproxy.cfg"
_NAMES = "/etc/dnsmasq/dnsmasq.conf"
_HOSTS = f"{names.HOSTS_FOLDER}/names"
_CANDIDATE_NAMES = f"{_NAMES}.new"
_CANDIDATE_HOSTS = "/etc/dnsmasq/hosts.new"
"""Not in the folder that dnsmasq watches."""

_RUN_AS = ("SETGID", "SETUID", "KILL", "NET_BIND_SERVICE")
"""For a master that binds low ports, makes workers of another user and signals them."""


class HAProxyLoadBalancer:
    """Implements `kctl.network.types.LoadBalancer`."""

    name = "haproxy"

    def fronts(self, model: Model) -> list[Front]:
        """Raises checks.Unsafe, GrammarError or NamesError rather than return a file with
        anything in it that is not ours."""
        beside = (hold(model), _edge(model))
        return [_inside(model), _names(model), *(each for each in beside if each is not None)]


def _inside(model: Model) -> Front:
    free = _Free()
    listeners = [
        listener(port, free.of((address, port.port) for address in port.cluster_ips))
        for port in model.ports
        if model.dns_address not in port.cluster_ips
    ]
    page = Page(
        model.front_address,
        _loopback(model.front_address),
        tuple(each for each in listeners if each is not None),
        model.peers,
    )
    return _haproxy(
        "lb",
        ("sh", "/kctl/lb.sh", model.service_cidr),
        page,
        network="pod",
        address=model.front_address,
        capabilities=("NET_ADMIN", *_RUN_AS),
        report=(model.front_address, CONFIRM_PORT, PEERS_PATH) if model.peers else None,
    )


def _edge(model: Model) -> Front | None:
    """None where no service and no other node asks for it."""
    free = _Free(model.blocked)
    alive = None
    if model.relay_health:
        free.of([(model.own_address, model.relay_health)])
        sources = tuple(checks.address(each) for each in model.relay_sources)
        alive = Alive(checks.address(model.own_address), model.relay_health, sources)
    served = [relay(model.own_address, each, model.relay_sources) for each in model.relays]
    for each in served:
        free.of(each.binds)
    for port in model.ports:
        found = listener(
            port, free.of(_edge_binds(model, port)), ".from" * bool(port.sources) or ".edge"
        )
        if found is not None:
            served.append(found)
    health = _health(model, free)
    if not served and not health and alive is None:
        return None
    own = _loopback(model.front_address)
    return _haproxy(
        "edge",
        ("haproxy", "-W", "-f", _CONFIGURATION),
        Page(own, own, tuple(served), model.peers, health, alive, model.pool_addresses),
        network="host",
        address="",
        capabilities=_RUN_AS,
    )


def _edge_binds(model: Model, port: ServicePort) -> Iterator[tuple[str, int]]:
    if port.node_port:
        yield from ((address, port.node_port) for address in model.node_addresses)
    for address in port.external_addresses:
        if address in model.node_addresses or address in model.pool_addresses:
            yield address, port.port


def _health(model: Model, free: _Free) -> tuple[Health, ...]:
    found = []
    for each in model.health_ports:
        namespace, service = checks.label(each.namespace), checks.label(each.service)
        number = checks.port(each.port)
        binds = free.of((address, number) for address in model.node_addresses)
        name = f"{namespace}.{service}.health"
        found.append(Health(name, namespace, service, each.endpoints, binds))
    return tuple(each for each in found if each.binds)


class _Free:
    """Addresses and ports that nobody has yet. The model gives each out once; what came
    into it twice all the same, or stands on a port of another program, must not keep
    everything else from being served."""

    def __init__(self, blocked: Iterable[str] = ()) -> None:
        self._taken: set[tuple[str, int]] = set()
        self._blocked = frozenset(blocked)

    def of(self, binds: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
        found = tuple(
            (address, port)
            for address, port in dict.fromkeys(binds)
            if (address, port) not in self._taken and f"{address}:{port}" not in self._blocked
        )
        self._taken.update(found)
        return found


def _loopback(front_address: str) -> str:
    """An address of 127.0.0.0/8 that no other load balancer of the host confirms on: each
    has another address in its pod network."""
    return "127." + front_address.split(".", 1)[1]


def _haproxy(
    name: str,
    command: tuple[str, ...],
    page: Page,
    *,
    network: str,
    address: str,
    capabilities: tuple[str, ...],
    report: tuple[str, int, str] | None = None,
) -> Front:
    text, generation = render(page)
    candidate = f"{_CONFIGURATION}.new"
    return Front(
        name=name,
        image=recipe(),
        command=command,
        network=network,
        address=address,
        capabilities=capabilities,
        files={_CONFIGURATION: text.encode("ascii")},
        candidate={_CONFIGURATION: candidate},
        check=("haproxy", "-c", "-f", candidate),
        reload="SIGUSR2",
        confirm=(page.confirm_address, CONFIRM_PORT, CONFIRM_PATH, generation),
        report=report,
        endpoints=frozenset(server.pod for each in page.listeners for server in each.servers),
        workers=2,
    )


def _names(model: Model) -> Front:
    moves = {_CANDIDATE_HOSTS: _HOSTS, _CANDIDATE_NAMES: _NAMES}
    move = "; ".join(f"[ ! -e {new} ] || mv -f {new} {old}" for new, old in moves.items())
    return Front(
        name="dns",
        image=recipe(),
        command=("sh", "/kctl/dns.sh"),
        network="front:lb",
        capabilities=("SETGID", "NET_BIND_SERVICE"),  # it sets its group even where it has it
        files={_NAMES: names.configuration(model), _HOSTS: names.hosts(model)},
        candidate={_NAMES: _CANDIDATE_NAMES, _HOSTS: _CANDIDATE_HOSTS},
        check=("dnsmasq", "--test", f"--conf-file={_CANDIDATE_NAMES}"),
        activate=("sh", "-ec", move),
        reload="SIGUSR2",
        live=(_HOSTS,),
    )
