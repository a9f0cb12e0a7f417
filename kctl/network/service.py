"""One service and its endpoint slices as parts of a model, the same for every node.

What differs from node to node (policies, ways) is decided in `kctl.network.model`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from kctl.network import checks
from kctl.network.types import Alias, Endpoint, NameRecord, ServicePort, ServiceRecord

Object = dict[str, Any]

PROXY_PROTOCOL = "kctl.io/proxy-protocol"
"""Annotation of a service: "v1" or "v2"."""
HOLDER = "kctl.io/load-balancer-node"
"""Annotation of a service, written by kctl: the node that has its address of the pool."""
_PROXY_VERSIONS = ("v1", "v2")
_DEFAULT_AFFINITY_SECONDS = 10800


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a service that is not served, for an event on it."""

    service: Object
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class PolicyPort:
    """A service port with all its ready endpoints, and whether a node uses its own alone."""

    port: ServicePort
    local: bool


@dataclass(frozen=True, slots=True)
class PolicyHealth:
    """A healthCheckNodePort with the addresses of the ready pods by node."""

    namespace: str
    service: str
    port: int
    pods: Mapping[str, frozenset[str]]


@dataclass
class Parts:
    """A model as it grows."""

    ports: list[PolicyPort] = field(default_factory=list)
    names: list[NameRecord] = field(default_factory=list)
    services: list[ServiceRecord] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    health: list[PolicyHealth] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)
    """(address of the pool, node that holds it)"""
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Cluster:
    """What all services share."""

    domain: str
    services: IPv4Network
    nodes: frozenset[str]
    """known by name: an endpoint elsewhere belongs to none"""


def is_headless(spec: Mapping[str, Any]) -> bool:
    return spec.get("clusterIP") == "None"


class ServiceParts:
    """Builds the parts of one service. Raises checks.Unsafe for a value that is unfit for
    a configuration file: the service is then left out as a whole."""

    def __init__(self, service: Object, slices: Sequence[Object], cluster: Cluster) -> None:
        meta = service["metadata"]
        self._object = service
        self._namespace = checks.label(meta["namespace"])
        self._service = checks.label(meta["name"])
        self._spec = service["spec"]
        self._status = service.get("status") or {}
        self._slices = [each for each in slices if each.get("addressType") == "IPv4"]
        self._cluster = cluster
        self._name = checks.host_name(f"{self._service}.{self._namespace}.svc.{cluster.domain}")
        self._parts = Parts()
        self._outside = self._external_addresses()
        self._cluster_ips = tuple(
            self._cluster_ip(each)
            for each in self._spec.get("clusterIPs") or [self._spec.get("clusterIP") or "None"]
            if each != "None" and not checks.is_ipv6(each)
        )

    def build(self) -> Parts:
        if self._spec.get("type") == "ExternalName":
            target = checks.host_name(str(self._spec["externalName"]).rstrip(".").lower())
            self._parts.aliases.append(Alias(self._name, target))
            return self._parts
        if self._cluster_ips:
            self._parts.names.append(NameRecord(self._name, self._cluster_ips))
        proxy_protocol = self._proxy_protocol()
        holder = (self._object["metadata"].get("annotations") or {}).get(HOLDER, "")
        if holder in self._cluster.nodes:
            self._parts.held += [(each, holder) for each in self._outside[1]]
        for port in self._spec.get("ports") or []:
            self._port(port, proxy_protocol)
        if is_headless(self._spec):
            self._headless_names()
        if self._spec.get("healthCheckNodePort"):
            self._health(checks.port(self._spec["healthCheckNodePort"]))
        return self._parts

    def _cluster_ip(self, value: object) -> str:
        address = checks.address(value)
        if IPv4Address(address) not in self._cluster.services:
            raise checks.Unsafe(f"an address of {self._cluster.services}", value)
        return address

    def _proxy_protocol(self) -> str:
        wanted = (self._object["metadata"].get("annotations") or {}).get(PROXY_PROTOCOL, "")
        if wanted in _PROXY_VERSIONS:
            return str(wanted)
        if wanted:
            text = f'{PROXY_PROTOCOL}: {wanted!r:.40} is ignored: must be "v1" or "v2"'
            self._parts.problems.append(Problem(self._object, "InvalidAnnotation", text))
        return ""

    # --- ports ---

    def _port(self, port: Mapping[str, Any], proxy_protocol: str) -> None:
        name = checks.label(port["name"]) if port.get("name") else ""
        protocol = checks.protocol(port.get("protocol", "TCP"))
        number = checks.port(port["port"])
        if name and self._cluster_ips:
            record = checks.service_name(f"_{name}._{protocol.lower()}.{self._name}")
            self._parts.services.append(ServiceRecord(record, self._name, number))
        endpoints = self._endpoints(name, protocol)

        def entry(**more: Any) -> ServicePort:
            return ServicePort(
                self._namespace,
                self._service,
                name,
                protocol,
                more.pop("cluster_ips", ()),
                number,
                endpoints=endpoints,
                session_affinity=self._affinity(),
                app_protocol=port.get("appProtocol") or "",
                proxy_protocol=proxy_protocol,
                **more,
            )

        inside = self._spec.get("internalTrafficPolicy") == "Local"
        self._parts.ports.append(PolicyPort(entry(cluster_ips=self._cluster_ips), inside))
        local = self._spec.get("externalTrafficPolicy") == "Local"
        node_port = checks.port(port["nodePort"]) if port.get("nodePort") else 0
        open_to_all, balanced = self._outside
        sources = self._sources() if balanced else ()
        if balanced and not sources:
            open_to_all = tuple(dict.fromkeys((*open_to_all, *balanced)))
        if node_port or open_to_all:
            plain = entry(node_port=node_port, external_addresses=open_to_all)
            self._parts.ports.append(PolicyPort(plain, local))
        if sources:
            held = tuple(each for each in balanced if each not in open_to_all)
            filtered = entry(external_addresses=held, sources=sources)
            self._parts.ports.append(PolicyPort(filtered, local))

    def _affinity(self) -> int:
        if self._spec.get("sessionAffinity") != "ClientIP":
            return 0
        config = (self._spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        return checks.seconds(config.get("timeoutSeconds") or _DEFAULT_AFFINITY_SECONDS)

    def _external_addresses(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(externalIPs, addresses of the load balancer), IPv4 alone."""
        ingress = (self._status.get("loadBalancer") or {}).get("ingress") or []
        if self._spec.get("type") != "LoadBalancer":
            ingress = []
        return (
            _addresses(self._spec.get("externalIPs") or []),
            _addresses([each["ip"] for each in ingress if each.get("ip")]),
        )

    def _sources(self) -> tuple[str, ...]:
        """loadBalancerSourceRanges: who may use the load balancer's addresses. Ranges of
        the other family alone let nobody in, as they say."""
        listed = [str(each).strip() for each in self._spec.get("loadBalancerSourceRanges") or []]
        found = [checks.network(each) for each in listed if ":" not in each]
        return tuple(dict.fromkeys(found)) if found or not listed else ("255.255.255.255/32",)

    # --- endpoints ---

    def _endpoints(self, name: str, protocol: str) -> tuple[Endpoint, ...]:
        """The ready endpoints of a port, in the order of their addresses."""
        found: dict[tuple[str, int], Endpoint] = {}
        for each in self._slices:
            port = next((p for p in each.get("ports") or [] if _matches(p, name, protocol)), None)
            if port is None:
                continue
            number = checks.port(port["port"])
            for entry in _ready(each):
                address = checks.address(entry["addresses"][0])
                pod = (entry.get("targetRef") or {}).get("name") or address
                hostname = entry.get("hostname") or ""
                found[address, number] = Endpoint(
                    address,
                    number,
                    checks.host_name(pod),
                    hostname and checks.label(hostname),
                    node=self._node_of(entry),
                )
        return tuple(found[key] for key in sorted(found))

    def _node_of(self, entry: Object) -> str:
        node = entry.get("nodeName")
        return str(node) if node in self._cluster.nodes else ""

    def _headless_names(self) -> None:
        """A name for the service and one for each endpoint, and SRV records to the latter."""
        addresses = []
        for each in self._slices:
            for entry in _ready(each):
                address = checks.address(entry["addresses"][0])
                host = checks.label(entry.get("hostname") or address.replace(".", "-"))
                target = checks.host_name(f"{host}.{self._name}")
                addresses.append(address)
                self._parts.names.append(NameRecord(target, (address,)))
                for port in each.get("ports") or []:
                    if port.get("name"):
                        protocol = checks.protocol(port.get("protocol", "TCP")).lower()
                        record = checks.service_name(f"_{port['name']}._{protocol}.{self._name}")
                        number = checks.port(port["port"])
                        self._parts.services.append(ServiceRecord(record, target, number))
        if addresses:
            self._parts.names.append(NameRecord(self._name, tuple(dict.fromkeys(addresses))))

    def _health(self, port: int) -> None:
        pods: dict[str, set[str]] = {}
        for each in self._slices:
            for entry in _ready(each):
                address = checks.address(entry["addresses"][0])
                pods.setdefault(self._node_of(entry), set()).add(address)
        frozen = {node: frozenset(found) for node, found in sorted(pods.items())}
        self._parts.health.append(PolicyHealth(self._namespace, self._service, port, frozen))


def _addresses(listed: Sequence[object]) -> tuple[str, ...]:
    given = [each for each in listed if each and not checks.is_ipv6(each)]
    return tuple(dict.fromkeys(checks.address(each) for each in given))


def _ready(endpoint_slice: Object) -> list[Object]:
    """Endpoints in the rotation; a condition that is not there means ready."""
    return [
        entry
        for entry in endpoint_slice.get("endpoints") or []
        if (entry.get("conditions") or {}).get("ready") is not False and entry.get("addresses")
    ]


def _matches(port: Mapping[str, Any], name: str, protocol: str) -> bool:
    return (port.get("name") or "") == name and port.get("protocol", "TCP") == protocol
