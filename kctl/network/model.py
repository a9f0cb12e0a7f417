"""From services and their endpoint slices to what the load balancer of a node serves.

Pure, and without a word about any back end. The names are those of the Kubernetes DNS
specification (1.1.0): an A record a service, A records of every endpoint for headless
services, an SRV record for each named port, a CNAME for ExternalName.

`Catalogue` is what the services mean, made once for all nodes; `Catalogue.model` is one
node's view of it, which differs in policies and in the ways to the pods of other nodes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from ipaddress import IPv4Network
from typing import Any

from kctl.network import checks
from kctl.network.addresses import front_address
from kctl.network.around import Around
from kctl.network.outside import Outside
from kctl.network.service import Cluster, Parts, PolicyPort, Problem, ServiceParts, is_headless
from kctl.network.types import Endpoint, HealthPort, Model, NameRecord, ServicePort

Object = dict[str, Any]

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
LOOPBACK = "127.0.0.1"
_ALONE = Around()


def build(
    node: Object,
    services: Iterable[Object],
    slices: Iterable[Object],
    setting: Callable[[str], str],
) -> tuple[Model, list[Problem]]:
    """The model for a node that has no neighbours, and what it leaves out."""
    catalogue = Catalogue([node], services, slices, setting)
    return catalogue.model(node), catalogue.problems


class Catalogue:
    """The services of the cluster. A service with a value that is unfit for a configuration
    file is left out as a whole, and named in `problems`."""

    def __init__(
        self,
        nodes: Sequence[Object],
        services: Iterable[Object],
        slices: Iterable[Object],
        setting: Callable[[str], str],
    ) -> None:
        self.problems: list[Problem] = []
        self._domain = checks.host_name(setting("cluster-domain"))
        self._service_cidr = setting("service-cidr")
        self._dns_address = setting("dns-address")
        self._networks = {
            each["metadata"]["name"]: IPv4Network(each["spec"]["podCIDR"])
            for each in nodes
            if each["spec"].get("podCIDR")
        }
        self._cluster = Cluster(
            self._domain, IPv4Network(self._service_cidr), frozenset(self._networks)
        )
        listening = {address for node in nodes for address in node_addresses(node)}
        self._parts = self._collect(services, slices, Outside(listening))

    def _collect(
        self, services: Iterable[Object], slices: Iterable[Object], outside: Outside
    ) -> Parts:
        by_service: dict[tuple[str, str], list[Object]] = defaultdict(list)
        for each in slices:
            meta = each["metadata"]
            owner = (meta.get("labels") or {}).get(SERVICE_NAME_LABEL, "")
            by_service[meta["namespace"], owner].append(each)
        built = []
        for service in services:
            meta = service["metadata"]
            own = by_service[meta["namespace"], meta["name"]]
            try:
                built.append((service, ServiceParts(service, own, self._cluster).build()))
            except checks.Unsafe as error:
                text = f"Not served: {error}"
                self.problems.append(Problem(service, "InvalidService", text))
        whole = Parts()
        for service, parts in outside.settle(built):
            whole.ports += parts.ports
            whole.names += parts.names
            whole.services += parts.services
            whole.aliases += parts.aliases
            whole.health += parts.health
            whole.held += parts.held
            self.problems += parts.problems
            self.problems += _unserved(service, self._domain)
        return whole

    # --- one node ---

    def model(self, node: Object, around: Around = _ALONE) -> Model:
        """What a node (which must have a spec.podCIDR) serves."""
        name = node["metadata"]["name"]
        ways = _Ways(name, self._networks, around)
        return Model(
            node=name,
            node_addresses=node_addresses(node),
            front_address=front_address(node["spec"]["podCIDR"]),
            service_cidr=self._service_cidr,
            dns_address=self._dns_address,
            cluster_domain=self._domain,
            ports=tuple(ways.port(each) for each in self._parts.ports),
            names=self._names,
            services=self._services,
            aliases=tuple(self._parts.aliases),
            peers=around.peers,
            health_ports=tuple(
                HealthPort(each.namespace, each.service, each.port, len(each.pods.get(name, ())))
                for each in self._parts.health
            ),
            pool_addresses=tuple(
                dict.fromkeys(address for address, holder in self._parts.held if holder == name)
            ),
            blocked=around.blocked,
            own_address=around.own_address,
            relays=around.relays,
            relay_health=around.relay_health,
            relay_sources=around.relay_sources,
        )

    def identity(self, node: Object, around: Around = _ALONE) -> str:
        """Of everything that the model of a node is made of: costs less than the model."""
        own = (node["metadata"]["name"], node["spec"]["podCIDR"], node_addresses(node), around)
        return hashlib.sha256(f"{self._digest}{own!r}".encode()).hexdigest()[:16]

    def pods(self, node: str) -> frozenset[str]:
        """ "address:port" of every endpoint that stands in a node's pod network."""
        return self._by_node.get(node, frozenset())

    @cached_property
    def _by_node(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for each in self._parts.ports:
            if each.port.protocol == "TCP":
                for endpoint in each.port.endpoints:
                    if endpoint.node and in_network(
                        endpoint.address, self._networks[endpoint.node]
                    ):
                        found[endpoint.node].add(where(endpoint))
        return {node: frozenset(each) for node, each in found.items()}

    @cached_property
    def _names(self) -> tuple[NameRecord, ...]:
        return _merged(self._parts.names)

    @cached_property
    def _services(self) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(self._parts.services))

    @cached_property
    def _digest(self) -> str:
        parts = self._parts
        shared = (parts.ports, parts.names, parts.services, parts.aliases, parts.health, parts.held)
        own = (self._domain, self._service_cidr, self._dns_address, self._networks, shared)
        return hashlib.sha256(repr(own).encode()).hexdigest()


class _Ways:
    """The endpoints of every service as one node reaches them."""

    def __init__(self, node: str, networks: Mapping[str, IPv4Network], around: Around) -> None:
        self._node, self._networks, self._around = node, networks, around
        self._peers = {each.node for each in around.peers}
        self._plain = not self._peers and not around.published
        self._known: dict[Endpoint, Endpoint | None] = {}

    def port(self, policy: PolicyPort) -> ServicePort:
        port = policy.port
        endpoints: Iterable[Endpoint] = port.endpoints
        if policy.local:
            endpoints = [each for each in endpoints if each.node == self._node]
        elif self._plain:
            return port
        reached = (self._reach(each) for each in endpoints)
        return replace(port, endpoints=tuple(each for each in reached if each is not None))

    def _reach(self, endpoint: Endpoint) -> Endpoint | None:
        """None for a pod that no way leads to (yet)."""
        if endpoint.node in ("", self._node):
            return endpoint
        if endpoint not in self._known:
            self._known[endpoint] = self._far(endpoint)
        return self._known[endpoint]

    def _far(self, endpoint: Endpoint) -> Endpoint | None:
        if not in_network(endpoint.address, self._networks[endpoint.node]):
            return endpoint  # a pod in its host's network
        if endpoint.node in self._peers:
            endpoint = replace(endpoint, peer=endpoint.node)
        if endpoint.node in self._around.published:
            relay = self._around.relayed.get(where(endpoint))
            return replace(endpoint, relay=relay) if relay else None
        return endpoint


def where(endpoint: Endpoint) -> str:
    return f"{endpoint.address}:{endpoint.port}"


def in_network(address: str, network: IPv4Network) -> bool:
    """Faster than `ipaddress` for the /24 that every node has."""
    if network.prefixlen == 24:
        return address.rpartition(".")[0] == str(network.network_address).rpartition(".")[0]
    return IPv4Network(address).subnet_of(network)


def node_addresses(node: Object) -> tuple[str, ...]:
    """Where node ports listen: loopback and the node's own IPv4 addresses."""
    listed = (node.get("status") or {}).get("addresses") or []
    own = [
        each["address"]
        for each in listed
        if each["type"] in ("InternalIP", "ExternalIP") and checks.is_address(each["address"])
    ]
    return tuple(dict.fromkeys([LOOPBACK, *own]))


def _merged(names: Sequence[NameRecord]) -> tuple[NameRecord, ...]:
    """One record a name: two endpoints may share a host name."""
    merged: dict[str, dict[str, None]] = {}
    for record in names:
        merged.setdefault(record.name, {}).update(dict.fromkeys(record.addresses))
    return tuple(NameRecord(name, tuple(each)) for name, each in merged.items())


def _unserved(service: Object, domain: str) -> list[Problem]:
    """What no back end of HAProxy's or dnsmasq's kind can do for a service."""
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        target = str(spec.get("externalName", "")).rstrip(".")
        if target.endswith(f".{domain}"):
            return []
        text = (
            f"{target} is outside the cluster: the name is answered with a CNAME alone, which "
            "resolvers that do not follow aliases (glibc, musl) cannot use"
        )
        return [Problem(service, "ExternalNameNotFollowed", text)]
    if is_headless(spec):
        return []
    return [
        Problem(
            service,
            "UnsupportedProtocol",
            f"Port {each['port']}/{each['protocol']} is not served: the load balancer carries "
            "TCP alone; a headless service gives clients the addresses of its pods",
        )
        for each in spec.get("ports") or []
        if each.get("protocol", "TCP") != "TCP" and not _is_dns(service)
    ]


def _is_dns(service: Object) -> bool:
    """The name service itself, which is served by the front that answers names."""
    meta = service["metadata"]
    return (meta["namespace"], meta["name"]) == ("kube-system", "kube-dns")


__all__ = ["Catalogue", "Problem", "build", "in_network", "node_addresses", "where"]
