"""Services get their cluster address and node ports here.

What a service holds are claims of its stored object: an address or port is free when
nobody claims it, and a service that gives one up frees it with the same write. A free
one is looked for from a place that depends on the service's name alone, so that two
services made at once seldom want the same, and one that is made again gets what it had.
The lower end of each range is left to those who ask for an address by number, as
Kubernetes does (KEP-3070, KEP-3668).
"""

from __future__ import annotations

import ipaddress
import zlib
from itertools import chain

from kctl.api.admission.service_families import choose_families
from kctl.api.errors import ApiError, internal, invalid
from kctl.api.fields import invalid as invalid_field
from kctl.api.kind import Object, Request
from kctl.api.kinds.shared.service_fields import (
    Spec,
    claims,
    headless,
    needs_cluster_ip,
    needs_health_port,
    needs_node_port,
)
from kctl.api.validation.values import is_ip

_TAKEN_ADDRESS = "provided IP is already allocated"
_TAKEN_PORT = "provided port is already allocated"
_FIRST = ("default", "kubernetes")
_DNS = ("kube-system", "kube-dns")
"""The services that the two reserved addresses are kept for."""


class ServiceAddresses:
    """Allocates spec.clusterIPs, nodePorts and the health-check port."""

    name = "ServiceAddresses"

    def admit(self, request: Request) -> None:
        obj = request.obj
        if request.kind.resource != "services" or request.subresource or obj is None:
            return
        if request.operation not in ("CREATE", "UPDATE"):
            return
        spec = obj["spec"]
        if not needs_cluster_ip(spec):
            return
        choose_families(obj)
        own = set(claims(request.old)) if request.old is not None else set()
        if not headless(spec):
            _Addresses(request, obj, own).assign()
        if spec["type"] in ("NodePort", "LoadBalancer"):
            _Ports(request, obj, own).assign()


def _refuse(obj: Object, path: str, value: object, why: str) -> ApiError:
    name = obj["metadata"].get("name", "")
    return invalid("", "Service", name, [invalid_field(path, value, why)])


def _start(obj: Object, size: int) -> int:
    meta = obj["metadata"]
    return zlib.crc32(f"{meta.get('namespace', '')}/{meta.get('name', '')}".encode()) % size


class _Addresses:
    """One service's way to its cluster address."""

    def __init__(self, request: Request, obj: Object, own: set[str]) -> None:
        self._obj, self._spec, self._own = obj, obj["spec"], own
        cidr = request.setting("service-cidr")
        if not cidr:
            raise internal("failed to allocate a serviceIP: no service address range is set")
        self._network = ipaddress.ip_network(cidr)
        self._first = int(self._network.network_address) + 1
        self._size = max(self._network.num_addresses - 2, 1)
        self._held = request.claims("ip/") - own
        self._dns = request.setting("dns-address")

    def assign(self) -> None:
        listed = list(self._spec.get("clusterIPs") or ())
        if not listed and self._spec.get("clusterIP"):
            listed = [self._spec["clusterIP"]]
        if not listed:
            address = self._next()
            self._spec["clusterIP"], self._spec["clusterIPs"] = address, [address]
            return
        for address in listed:
            if is_ip(address) and f"ip/{address}" not in self._own:
                self._check(address, listed)

    def _check(self, address: str, listed: list[str]) -> None:
        """An address that the client chose; validation speaks of malformed ones."""
        at = int(ipaddress.ip_address(address)) - self._first
        same = ipaddress.ip_address(address).version == self._network.version
        if not same or not 0 <= at < self._size:
            why = (
                f"the provided IP ({address}) is not in the valid range. "
                f"The range of valid IPs is {self._network}"
            )
        elif f"ip/{address}" in self._held or address in self._reserved():
            why = _TAKEN_ADDRESS
        else:
            return
        text = f"failed to allocate IP {address}: {why}"
        raise _refuse(self._obj, "spec.clusterIPs", listed, text)

    def _reserved(self) -> set[str]:
        """The first address and the DNS server's, unless this is the service they are for."""
        first = str(self._network[1]) if self._network.num_addresses > 1 else ""
        meta = self._obj["metadata"]
        service = (meta.get("namespace", ""), meta.get("name", ""))
        owners = {first: _FIRST, self._dns: _DNS}
        return {address for address, owner in owners.items() if owner != service}

    def _next(self) -> str:
        reserved = self._reserved()
        static = min(max(16, self._size // 16), 256)
        if static >= self._size:
            static = 0
        dynamic = self._size - static
        start = _start(self._obj, dynamic)
        dynamically = (static + (start + step) % dynamic for step in range(dynamic))
        for offset in chain(dynamically, range(static)):
            address = str(ipaddress.ip_address(self._first + offset))
            if f"ip/{address}" not in self._held and address not in reserved:
                return address
        raise internal("failed to allocate a serviceIP: range is full")


class _Ports:
    """One service's way to its ports on the nodes."""

    def __init__(self, request: Request, obj: Object, own: set[str]) -> None:
        self._obj, self._spec, self._own = obj, obj["spec"], own
        self._range = request.setting("node-port-range")
        low, _, high = self._range.partition("-")
        self._low, self._high = int(low), int(high or low)
        self._held = request.claims("nodeport/") - own

    def assign(self) -> None:
        ports = self._spec.get("ports") or []
        for at, port in enumerate(ports):
            if port.get("nodePort"):
                self._check(port, at)
        if needs_node_port(self._spec):
            for port in ports:
                if not port.get("nodePort"):
                    port["nodePort"] = self._for(port)
        if needs_health_port(self._spec):
            self._health()

    def _check(self, port: Spec, at: int) -> None:
        number, protocol = port["nodePort"], port.get("protocol", "TCP")
        claim = f"nodeport/{protocol}/{number}"
        if claim not in self._own:
            why = self._refusal(number, claim)
            if why:
                raise _refuse(self._obj, f"spec.ports[{at}].nodePort", number, why)
        self._held.add(claim)

    def _refusal(self, number: int, claim: str) -> str:
        if not self._low <= number <= self._high:
            return (
                "provided port is not in the valid range. "
                f"The range of valid ports is {self._range}"
            )
        return _TAKEN_PORT if claim in self._held else ""

    def _for(self, port: Spec) -> int:
        """One number for the same port in another protocol, where it is free there."""
        protocol = port.get("protocol", "TCP")
        for other in self._spec["ports"]:
            number = other.get("nodePort")
            if number and other.get("port") == port.get("port") and other is not port:
                claim = f"nodeport/{protocol}/{number}"
                if claim not in self._held:
                    self._held.add(claim)
                    return int(number)
        return self._next(protocol, "failed to allocate a nodePort")

    def _next(self, protocol: str, failure: str) -> int:
        size = self._high - self._low + 1
        static = min(max(16, size // 32), 128)
        if static >= size:
            static = 0
        dynamic = size - static
        start = _start(self._obj, dynamic)
        dynamically = (static + (start + step) % dynamic for step in range(dynamic))
        for offset in chain(dynamically, range(static)):
            claim = f"nodeport/{protocol}/{self._low + offset}"
            if claim not in self._held:
                self._held.add(claim)
                return self._low + offset
        raise internal(f"{failure}: range is full")

    def _health(self) -> None:
        number = self._spec.get("healthCheckNodePort")
        if not number:
            failure = "failed to allocate a HealthCheck NodePort"
            self._spec["healthCheckNodePort"] = self._next("TCP", failure)
            return
        claim = f"nodeport/TCP/{number}"
        why = "" if claim in self._own else self._refusal(number, claim)
        if why:
            raise internal(f"failed to allocate requested HealthCheck NodePort {number}: {why}")
