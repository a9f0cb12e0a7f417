"""What a node's load balancer has to know of the other nodes.

Over a route or a VXLAN pods are reached by their own addresses. Where neither works
("published", see `kctl.network.ways`), the load balancer of the pods' node opens a port of
the node's address for each of them, a relay, and the others connect there. Either way
another node's load balancer tells whether that node is alive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kctl.network.addresses import front_address
from kctl.network.types import Peer, Relay
from kctl.network.ways import address_of, way

Object = dict[str, Any]

HEALTH_PORT = 10256
"""Where a load balancer answers in the pod network: kube-proxy's health check port."""


@dataclass(frozen=True)
class Reach:
    """What other nodes may count on at a node, as it was last seen."""

    serves: bool = False
    """its load balancer answers in the pod network"""
    relays: Mapping[str, int] = field(default_factory=dict)
    """"address:port" of its pods -> port of its own address that leads there"""
    health: int = 0
    """port of its own address that tells that it is alive; 0: none"""


@dataclass(frozen=True)
class Around:
    """One node's neighbours."""

    peers: tuple[Peer, ...] = ()
    published: frozenset[str] = frozenset()
    """nodes whose pods are reached through relays"""
    relayed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """"address:port" of their pods -> (address, port) of the relay"""
    own_address: str = ""
    relays: tuple[Relay, ...] = ()
    relay_health: int = 0
    relay_sources: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    """"address:port" of this host that another program holds"""

    def __repr__(self) -> str:
        """The same for equal values: it goes into digests."""
        sets = (sorted(self.published), sorted(self.relayed.items()))
        own = (self.own_address, self.relays, self.relay_health, self.relay_sources)
        return repr((self.peers, sets, own, self.blocked))


def around(
    node: Object,
    nodes: Sequence[Object],
    reach: Mapping[str, Reach],
    relays: Mapping[str, int],
    blocked: Collection[str] = (),
) -> Around:
    """The neighbours of `node` among `nodes`. `reach` by node name; `relays` are the ports
    given to its own pods, the key "" holding the one that tells that it is alive."""
    own = address_of(node)
    peers, relayed, sources, published = [], {}, [], set()
    for other in nodes:
        name, there = other["metadata"]["name"], address_of(other)
        seen = reach.get(name, Reach())
        if name == node["metadata"]["name"] or there is None or not other["spec"].get("podCIDR"):
            continue
        if own is None or way(node, other) != "published":
            if seen.serves:
                peers.append(Peer(name, front_address(other["spec"]["podCIDR"]), HEALTH_PORT))
            continue
        sources.append(str(there.ip))
        published.add(name)
        if seen.health:
            peers.append(Peer(name, str(there.ip), seen.health))
        relayed.update({pod: (str(there.ip), port) for pod, port in seen.relays.items()})
    asked = bool(sources)
    return Around(
        peers=tuple(peers),
        published=frozenset(published),
        relayed=relayed,
        own_address=str(own.ip) if own and asked else "",
        relays=_relays(relays) if asked else (),
        relay_health=relays.get("", 0) if asked else 0,
        relay_sources=tuple(dict.fromkeys(sources)),
        blocked=tuple(sorted(blocked)),
    )


def _relays(ports: Mapping[str, int]) -> tuple[Relay, ...]:
    found = []
    for pod, port in sorted(ports.items()):
        address, _, target = pod.rpartition(":")
        if address:
            found.append(Relay(port, address, int(target)))
    return tuple(found)


def is_published(node: Object, nodes: Iterable[Object]) -> bool:
    """Some other node reaches this one's pods through relays."""
    return address_of(node) is not None and any(
        address_of(other) is not None and way(other, node) == "published" for other in nodes
    )


def allocate(
    wanted: Iterable[str], known: Mapping[str, int], ports: Sequence[int]
) -> dict[str, int]:
    """A port for each of `wanted`, the one it has where it has one. A new one is the next
    after the highest in use and only from the end of `ports` on the lowest that is free:
    what still points at a pod that went must not soon find another one there. Those for
    whom there is none are left out."""
    allowed = set(ports)
    given = {each: known[each] for each in wanted if known.get(each) in allowed}
    used = set(given.values())
    highest = max(known.values(), default=0)
    after = [port for port in ports if port > highest]
    free = iter([*after, *(port for port in ports if port <= highest)])
    for each in sorted(set(wanted) - given.keys()):
        port = next((candidate for candidate in free if candidate not in used), None)
        if port is None:
            break
        given[each] = port
        used.add(port)
    return given
