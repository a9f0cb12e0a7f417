"""Who serves an address and port outside the pod network, where two services ask for it.

The API gives every node port to one service alone. Addresses of load balancers and
externalIPs it does not look at, so two services may ask for one port of one address: then
the older one has it, and the other is told so; a program cannot listen twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from kctl.network.service import Parts, PolicyPort, Problem

Object = dict[str, Any]
Built = tuple[Object, Parts]


class Outside:
    """The ports of the nodes' addresses and of those beside them, given out once."""

    def __init__(self, node_addresses: Collection[str]) -> None:
        self._nodes = frozenset(node_addresses)
        self._node_ports: dict[int, str] = {}
        self._addresses: dict[tuple[str, int], str] = {}

    def settle(self, built: Sequence[Built]) -> Sequence[Built]:
        """The same services without what another one has already."""
        by_age = sorted(built, key=lambda each: _age(each[0]))
        for service, parts in by_age:
            self._take_node_ports(service, parts)
        for service, parts in by_age:
            parts.ports = [self._external(service, parts, each) for each in parts.ports]
        return built

    def _take_node_ports(self, service: Object, parts: Parts) -> None:
        owner = _name(service)
        kept = []
        for each in parts.ports:
            number = each.port.node_port
            if number and each.port.protocol == "TCP":
                holder = self._node_ports.setdefault(number, owner)
                if holder != owner:
                    parts.problems.append(_taken(service, f"Node port {number}", holder))
                    each = PolicyPort(replace(each.port, node_port=0), each.local)
            kept.append(each)
        parts.ports = kept
        for health in list(parts.health):
            holder = self._node_ports.setdefault(health.port, f"{owner} (health)")
            if holder != f"{owner} (health)":
                parts.problems.append(_taken(service, f"Health port {health.port}", holder))
                parts.health.remove(health)

    def _external(self, service: Object, parts: Parts, policy: PolicyPort) -> PolicyPort:
        port = policy.port
        if not port.external_addresses or port.protocol != "TCP":
            return policy
        kept = []
        for address in port.external_addresses:
            holder = self._holder(address, port.port, _name(service))
            if holder:
                what = f"Port {port.port} of {address}"
                parts.problems.append(_taken(service, what, holder))
            else:
                kept.append(address)
        return PolicyPort(replace(port, external_addresses=tuple(kept)), policy.local)

    def _holder(self, address: str, port: int, owner: str) -> str:
        """Who else has the port; "" when nobody does, and the owner has it from now on."""
        if address in self._nodes and self._node_ports.get(port, owner) != owner:
            return self._node_ports[port]
        holder = self._addresses.setdefault((address, port), owner)
        return "" if holder == owner else holder


def _age(service: Object) -> tuple[str, str, str]:
    meta = service["metadata"]
    return (str(meta.get("creationTimestamp") or ""), str(meta["namespace"]), str(meta["name"]))


def _name(service: Object) -> str:
    return f"{service['metadata']['namespace']}/{service['metadata']['name']}"


def _taken(service: Object, what: str, holder: str) -> Problem:
    text = f"{what} is not served here: provided port is already allocated to {holder}"
    return Problem(service, "PortAlreadyAllocated", text)
