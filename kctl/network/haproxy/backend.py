"""The built-in load balancer: HAProxy for connections, dnsmasq for names.

Three containers of one image. "lb" stands in the pod network and owns the service range;
"dns" shares its network and answers names; "edge" stands in the host's network and
listens on node ports. The last exists only where a service asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from kctl.network import names
from kctl.network.haproxy.render import CONFIRM_PATH, CONFIRM_PORT, Listener, listener, render
from kctl.network.types import Front, ImageRecipe, Model, ServicePort

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
        fronts = [_inside(model), _names(model)]
        edge = _edge(model)
        return [*fronts, edge] if edge else fronts


def _inside(model: Model) -> Front:
    served = [
        (port, listener(port, [(address, port.port) for address in port.cluster_ips]))
        for port in model.ports
        if model.dns_address not in port.cluster_ips
    ]
    return _haproxy(
        "lb",
        ("sh", "/kctl/lb.sh", model.service_cidr),
        served,
        confirm_address=model.front_address,
        network="pod",
        address=model.front_address,
        capabilities=("NET_ADMIN", *_RUN_AS),
    )


def _edge(model: Model) -> Front | None:
    served = []
    for port in model.ports:
        binds = [(address, port.node_port) for address in model.node_addresses if port.node_port]
        binds += [
            (address, port.port)
            for address in port.external_addresses
            if address in model.node_addresses
        ]
        served.append((port, listener(port, binds, ".edge")))
    if not any(each for _, each in served):
        return None
    return _haproxy(
        "edge",
        ("haproxy", "-W", "-f", _CONFIGURATION),
        served,
        confirm_address=_loopback(model.front_address),
        network="host",
        address="",
        capabilities=_RUN_AS,
    )


def _loopback(front_address: str) -> str:
    """An address of 127.0.0.0/8 that no other load balancer of the host confirms on: each
    has another address in its pod network."""
    return "127." + front_address.split(".", 1)[1]


def _haproxy(
    name: str,
    command: tuple[str, ...],
    served: Iterable[tuple[ServicePort, Listener | None]],
    *,
    confirm_address: str,
    network: str,
    address: str,
    capabilities: tuple[str, ...],
) -> Front:
    pairs = [(port, each) for port, each in served if each is not None]
    text, generation = render([each for _, each in pairs], confirm_address)
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
        confirm=(confirm_address, CONFIRM_PORT, CONFIRM_PATH, generation),
        endpoints=frozenset(
            f"{server.address}:{server.port}" for _, each in pairs for server in each.servers
        ),
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


@cache
def recipe() -> ImageRecipe:
    """The one image of all fronts, made of this machine's own programs."""
    entry = files("kctl.network.haproxy") / "entry"
    return ImageRecipe(
        name="kctl-lb",
        binaries=("haproxy", "dnsmasq", "ip", "sh", "mv"),
        files=(
            ("/kctl/lb.sh", (entry / "lb.sh").read_bytes(), 0o755),
            ("/kctl/dns.sh", (entry / "dns.sh").read_bytes(), 0o755),
            # dnsmasq looks up the user that it is told to stay, HAProxy its local peer's name.
            ("/etc/passwd", b"root:x:0:0:root:/:/bin/sh\n", 0o644),
            ("/etc/group", b"root:x:0:\n", 0o644),
            ("/run/kctl/.keep", b"", 0o644),
        ),
        packages={
            "haproxy": "haproxy",
            "dnsmasq": "dnsmasq-base",
            "ip": "iproute2",
            "sh": "dash",
            "mv": "coreutils",
        },
    )
