"""Where everything has its address: one /16 for the pods and services of a control plane.

The service range is the first /20 of it, node k has the (16+k)-th /24 for its pods. In
a node's /24 the first address is the gateway of the engine's network and the second
that of the load balancer. All of it is arithmetic: who takes an address writes it down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network

SERVICE_PREFIX = 20
POD_PREFIX = 24
_FIRST_NODE = 16
"""The /20 of the services is as long as sixteen nodes' ranges."""
_FIRST_POD = 10
"""Offset in a node's range of the first pod: the addresses before are kctl's own."""

CANDIDATES = (
    *(f"10.{second}.0.0/16" for second in range(98, 128)),
    *(f"172.{second}.0.0/16" for second in range(31, 17, -1)),
)
"""Ranges that a new control plane tries, best first. Docker's own networks begin at
172.17.0.0/16, so those of 172 are tried from the other end."""


class NoFreeRange(Exception):
    """Every range is routed already, or every address is taken."""


def choose_cluster_cidr(routes: Iterable[str], nameservers: Iterable[str]) -> str:
    """The first candidate that overlaps with no route (CIDRs) and no name server
    (addresses) of the machine. Raises NoFreeRange."""
    taken = [each for text in (*routes, *nameservers) if (each := _network(text))]
    for candidate in CANDIDATES:
        if not any(IPv4Network(candidate).overlaps(each) for each in taken):
            return candidate
    raise NoFreeRange(
        "every address range that kctl knows for pods is routed on this machine; "
        "name a free one (a /16) in KCTL_CLUSTER_CIDR"
    )


def layout(cluster_cidr: str) -> tuple[str, str]:
    """(service-cidr, dns-address) of a cluster range. ValueError unless it is an IPv4
    network between /12 and /18."""
    cluster = IPv4Network(cluster_cidr)
    if not 12 <= cluster.prefixlen <= 18:
        raise ValueError(f"{cluster_cidr}: must be an IPv4 network between /12 and /18")
    services = next(cluster.subnets(new_prefix=SERVICE_PREFIX))
    return str(services), str(services[10])


def node_pod_cidr(cluster_cidr: str, taken: Collection[str]) -> str:
    """The first free pod range of a node; `taken` are those of the other nodes."""
    cluster = IPv4Network(cluster_cidr)
    for position, subnet in enumerate(cluster.subnets(new_prefix=POD_PREFIX)):
        if position >= _FIRST_NODE and str(subnet) not in taken:
            return str(subnet)
    raise NoFreeRange(f"{cluster_cidr} has no room for another node")


def gateway(pod_cidr: str) -> str:
    """The engine's own address in the pod network of a node."""
    return str(IPv4Network(pod_cidr)[1])


def front_address(pod_cidr: str) -> str:
    """The load balancer's address in the pod network of a node."""
    return str(IPv4Network(pod_cidr)[2])


def next_address(pod_cidr: str, used: Collection[str]) -> str | None:
    """An address for a new pod, None when the range is full. It is the one after the
    highest in use, and from the end of the range on the lowest that is free: an address
    is given again as late as possible, so that what still points at a pod that went
    does not find another one there."""
    network = IPv4Network(pod_cidr)
    first, last = network[_FIRST_POD], network.broadcast_address - 1
    numbers = {int(each) for each in map(_v4, used) if each is not None and first <= each <= last}
    after = max(numbers, default=int(first) - 1) + 1
    if after <= int(last):
        return str(IPv4Address(after))
    free = (each for each in range(int(first), int(last) + 1) if each not in numbers)
    return next((str(IPv4Address(each)) for each in free), None)


def _network(text: str) -> IPv4Network | None:
    """None for IPv6, and for what is no address at all: resolvers skip such lines too."""
    try:
        network = ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None


def _v4(text: str) -> IPv4Address | None:
    address = ip_address(text)
    return address if isinstance(address, IPv4Address) else None
