"""From services and their endpoint slices to what the load balancer of a node serves.

Pure, and without a word about any back end. The names are those of the Kubernetes DNS
specification (1.1.0): an A record a service, A records of every endpoint for headless
services, an SRV record for each named port, a CNAME for ExternalName.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kctl.network import checks
from kctl.network.addresses import front_address
from kctl.network.types import Alias, Endpoint, Model, NameRecord, ServicePort, ServiceRecord

Object = dict[str, Any]

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
_DEFAULT_AFFINITY_SECONDS = 10800
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a service that is not served, for an event on it."""

    service: Object
    reason: str
    message: str


@dataclass
class _Parts:
    """The model as it grows."""

    ports: list[ServicePort] = field(default_factory=list)
    names: list[NameRecord] = field(default_factory=list)
    services: list[ServiceRecord] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)


def build(
    node: Object,
    services: Iterable[Object],
    slices: Iterable[Object],
    setting: Callable[[str], str],
) -> tuple[Model, list[Problem]]:
    """The model for one node (which must have a spec.podCIDR) and what it leaves out. A
    service with a value that is unfit for a configuration file is left out as a whole."""
    domain = checks.host_name(setting("cluster-domain"))
    by_service: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for each in slices:
        meta = each["metadata"]
        owner = (meta.get("labels") or {}).get(SERVICE_NAME_LABEL, "")
        by_service[meta["namespace"], owner].append(each)
    parts, problems = _Parts(), []
    for service in services:
        meta = service["metadata"]
        own = by_service[meta["namespace"], meta["name"]]
        try:
            built = _Service(service, own, node["metadata"]["name"], domain).build()
        except checks.Unsafe as error:
            problems.append(Problem(service, "InvalidService", f"Not served: {error}"))
            continue
        parts.ports += built.ports
        parts.names += built.names
        parts.services += built.services
        parts.aliases += built.aliases
        problems += _unserved(service, domain)
    model = Model(
        node=node["metadata"]["name"],
        node_addresses=node_addresses(node),
        front_address=front_address(node["spec"]["podCIDR"]),
        service_cidr=setting("service-cidr"),
        dns_address=setting("dns-address"),
        cluster_domain=domain,
        ports=tuple(parts.ports),
        names=_merged(parts.names),
        services=tuple(dict.fromkeys(parts.services)),
        aliases=tuple(parts.aliases),
    )
    return model, problems


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
    if _headless(spec):
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


def _headless(spec: Mapping[str, Any]) -> bool:
    return spec.get("clusterIP") == "None"


class _Service:
    """One service as parts of a model."""

    def __init__(self, service: Object, slices: Sequence[Object], node: str, domain: str) -> None:
        meta = service["metadata"]
        self._namespace = checks.label(meta["namespace"])
        self._service = checks.label(meta["name"])
        self._spec = service["spec"]
        self._status = service.get("status") or {}
        self._slices = [each for each in slices if each.get("addressType") == "IPv4"]
        self._node = node
        self._name = checks.host_name(f"{self._service}.{self._namespace}.svc.{domain}")
        self._cluster_ips = tuple(
            checks.address(each)
            for each in self._spec.get("clusterIPs") or [self._spec.get("clusterIP") or "None"]
            if each != "None" and not checks.is_ipv6(each)
        )
        self._parts = _Parts()

    def build(self) -> _Parts:
        if self._spec.get("type") == "ExternalName":
            target = checks.host_name(str(self._spec["externalName"]).rstrip(".").lower())
            self._parts.aliases.append(Alias(self._name, target))
            return self._parts
        if self._cluster_ips:
            self._parts.names.append(NameRecord(self._name, self._cluster_ips))
        for port in self._spec.get("ports") or []:
            self._port(port)
        if _headless(self._spec):
            self._headless_names()
        return self._parts

    def _port(self, port: Mapping[str, Any]) -> None:
        name = checks.label(port["name"]) if port.get("name") else ""
        protocol = port.get("protocol", "TCP")
        number = checks.port(port["port"])
        if name and self._cluster_ips:
            record = checks.service_name(f"_{name}._{protocol.lower()}.{self._name}")
            self._parts.services.append(ServiceRecord(record, self._name, number))
        node_port = port.get("nodePort", 0)
        common = ServicePort(
            self._namespace,
            self._service,
            name,
            protocol,
            self._cluster_ips,
            number,
            session_affinity=self._affinity(),
            app_protocol=port.get("appProtocol", ""),
        )
        inside = self._endpoints(name, protocol, self._spec.get("internalTrafficPolicy"))
        outside = self._endpoints(name, protocol, self._spec.get("externalTrafficPolicy"))
        external = self._external_addresses()
        self._parts.ports.append(replace(common, endpoints=inside))
        if node_port or external:
            self._parts.ports.append(
                replace(
                    common,
                    cluster_ips=(),
                    node_port=checks.port(node_port) if node_port else 0,
                    external_addresses=external,
                    endpoints=outside,
                )
            )

    def _affinity(self) -> int:
        if self._spec.get("sessionAffinity") != "ClientIP":
            return 0
        config = (self._spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        return int(config.get("timeoutSeconds") or _DEFAULT_AFFINITY_SECONDS)

    def _external_addresses(self) -> tuple[str, ...]:
        ingress = (self._status.get("loadBalancer") or {}).get("ingress") or []
        listed = [*(self._spec.get("externalIPs") or []), *(each.get("ip") for each in ingress)]
        given = [each for each in listed if each and not checks.is_ipv6(each)]
        return tuple(dict.fromkeys(checks.address(each) for each in given))

    def _endpoints(self, name: str, protocol: str, policy: str | None) -> tuple[Endpoint, ...]:
        """The ready endpoints of a port; with the policy "Local" those of this node."""
        found: dict[tuple[str, int], Endpoint] = {}
        for each in self._slices:
            port = next((p for p in each.get("ports") or [] if _matches(p, name, protocol)), None)
            if port is None:
                continue
            number = checks.port(port["port"])
            for entry in _ready(each):
                if policy == "Local" and entry.get("nodeName") != self._node:
                    continue
                address = checks.address(entry["addresses"][0])
                pod = (entry.get("targetRef") or {}).get("name") or address
                hostname = entry.get("hostname") or ""
                found[address, number] = Endpoint(
                    address, number, checks.host_name(pod), hostname and checks.label(hostname)
                )
        return tuple(found[key] for key in sorted(found))

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
                        kind = f"_{port['name']}._{port.get('protocol', 'TCP').lower()}"
                        record = checks.service_name(f"{kind}.{self._name}")
                        number = checks.port(port["port"])
                        self._parts.services.append(ServiceRecord(record, target, number))
        if addresses:
            self._parts.names.append(NameRecord(self._name, tuple(dict.fromkeys(addresses))))


def _ready(endpoint_slice: Object) -> list[Object]:
    """Endpoints in the rotation; a condition that is not there means ready."""
    return [
        entry
        for entry in endpoint_slice.get("endpoints") or []
        if (entry.get("conditions") or {}).get("ready") is not False and entry.get("addresses")
    ]


def _matches(port: Mapping[str, Any], name: str, protocol: str) -> bool:
    return (port.get("name") or "") == name and port.get("protocol", "TCP") == protocol
