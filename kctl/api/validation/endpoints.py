"""Endpoints and endpoint slices."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import (
    FieldError,
    duplicate,
    invalid,
    not_supported,
    required,
    too_many,
)
from kctl.api.validation import labels
from kctl.api.validation.values import PORT_RANGE, PROTOCOLS, ip_address, is_ip, named, one_of

Part = Mapping[str, Any]

_ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
_MAX_ENDPOINTS = 1000
_MAX_PORTS = 20000
_MAX_ADDRESSES = 100
_MAX_HINTS = 8
_MAX_TOPOLOGY = 16
_LINK_LOCAL = "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
_MULTICAST = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
_LOOPBACK = "may not be in the loopback range (127.0.0.0/8, ::1/128)"


def endpoint_ip(value: str, path: str, errors: list[FieldError]) -> None:
    """An address that can be somebody's: not loopback, link-local or unspecified."""
    if not is_ip(value):
        errors.append(invalid(path, value, "must be a valid IP address"))
        return
    address = ipaddress.ip_address(value)
    if address.is_unspecified:
        errors.append(invalid(path, value, f"may not be unspecified ({value})"))
    if address.is_loopback:
        errors.append(invalid(path, value, _LOOPBACK))
    if address.is_link_local:
        errors.append(invalid(path, value, _LINK_LOCAL))
    if _link_local_multicast(address):
        errors.append(invalid(path, value, _MULTICAST))


def _link_local_multicast(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    packed = address.packed
    if len(packed) == 4:
        return packed[:3] == b"\xe0\x00\x00"
    return packed[0] == 0xFF and packed[1] & 0x0F == 0x02


def endpoints(subsets: Sequence[Part]) -> list[FieldError]:
    errors: list[FieldError] = []
    for at, subset in enumerate(subsets):
        here = f"subsets[{at}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            text = "must specify `addresses` or `notReadyAddresses`"
            errors.append(required(here, text))
        for name in ("addresses", "notReadyAddresses"):
            for number, address in enumerate(subset.get(name) or ()):
                _address(address, f"{here}.{name}[{number}]", errors)
        ports = subset.get("ports") or ()
        for number, port in enumerate(ports):
            _port(port, len(ports) > 1, f"{here}.ports[{number}]", errors)
    return errors


def _address(address: Part, path: str, errors: list[FieldError]) -> None:
    value = address.get("ip") or ""
    ip_address(value, f"{path}.ip", errors)
    if address.get("hostname"):
        named(address["hostname"], f"{path}.hostname", names.dns_label, errors)
    if address.get("nodeName") is not None:
        named(address["nodeName"], f"{path}.nodeName", names.dns_subdomain, errors)
    endpoint_ip(value, f"{path}.ip", errors)


def _port(port: Part, name_needed: bool, path: str, errors: list[FieldError]) -> None:
    name = port.get("name")
    if name:
        named(name, f"{path}.name", names.dns_label, errors)
    elif name_needed:
        errors.append(required(f"{path}.name"))
    number = port.get("port") or 0
    if not 1 <= number <= 65535:
        errors.append(invalid(f"{path}.port", number, PORT_RANGE))
    one_of(port.get("protocol"), f"{path}.protocol", PROTOCOLS, errors)
    if port.get("appProtocol") is not None:
        named(port["appProtocol"], f"{path}.appProtocol", names.qualified_name, errors)


def slice_(obj: Part) -> list[FieldError]:
    """An EndpointSlice (discovery/v1)."""
    errors: list[FieldError] = []
    kind = obj.get("addressType")
    if not kind:
        errors.append(required("addressType"))
    elif kind not in _ADDRESS_TYPES:
        errors.append(not_supported("addressType", kind, _ADDRESS_TYPES))
    listed = obj.get("endpoints") or ()
    if len(listed) > _MAX_ENDPOINTS:
        errors.append(too_many("endpoints", len(listed), _MAX_ENDPOINTS))
    else:
        for at, endpoint in enumerate(listed):
            _slice_endpoint(endpoint, kind or "", f"endpoints[{at}]", errors)
    _slice_ports(obj.get("ports") or (), errors)
    return errors


def _slice_endpoint(endpoint: Part, kind: str, path: str, errors: list[FieldError]) -> None:
    addresses = endpoint.get("addresses") or ()
    where = f"{path}.addresses"
    if not addresses:
        errors.append(required(where, "must contain at least 1 address"))
    elif len(addresses) > _MAX_ADDRESSES:
        errors.append(too_many(where, len(addresses), _MAX_ADDRESSES))
    for at, address in enumerate(addresses):
        _slice_address(address, kind, f"{where}[{at}]", errors)
    if endpoint.get("nodeName") is not None:
        named(endpoint["nodeName"], f"{path}.nodeName", names.dns_subdomain, errors)
    topology = endpoint.get("deprecatedTopology") or {}
    if len(topology) > _MAX_TOPOLOGY:
        errors.append(too_many(f"{path}.deprecatedTopology", len(topology), _MAX_TOPOLOGY))
    labels.labels(topology, f"{path}.deprecatedTopology", errors)
    if endpoint.get("hostname") is not None:
        named(endpoint["hostname"], f"{path}.hostname", names.dns_label, errors)
    hints = (endpoint.get("hints") or {}).get("forZones") or ()
    if hints:
        _hints(hints, f"{path}.hints.forZones", errors)


def _slice_address(address: str, kind: str, path: str, errors: list[FieldError]) -> None:
    if kind == "FQDN":
        named(address, path, names.dns_subdomain, errors)
        return
    version = {"IPv4": 4, "IPv6": 6}.get(kind)
    if version is None:
        return
    if not is_ip(address) or ipaddress.ip_address(address).version != version:
        errors.append(invalid(path, address, f"must be a valid {kind} address"))
    endpoint_ip(address, path, errors)


def _hints(zones: Sequence[Part], path: str, errors: list[FieldError]) -> None:
    if len(zones) > _MAX_HINTS:
        errors.append(too_many(path, len(zones), _MAX_HINTS))
        return
    seen: set[str] = set()
    for at, zone in enumerate(zones):
        name, where = zone.get("name") or "", f"{path}[{at}].name"
        if name in seen:
            errors.append(duplicate(where, name))
        seen.add(name)
        named(name, where, names.label_value, errors)


def _slice_ports(ports: Sequence[Part], errors: list[FieldError]) -> None:
    if len(ports) > _MAX_PORTS:
        errors.append(too_many("ports", len(ports), _MAX_PORTS))
        return
    seen: set[str] = set()
    for at, port in enumerate(ports):
        here, name = f"ports[{at}]", port.get("name") or ""
        if name:
            named(name, f"{here}.name", names.dns_label, errors)
        if name in seen:
            errors.append(duplicate(f"{here}.name", name))
        seen.add(name)
        one_of(port.get("protocol"), f"{here}.protocol", PROTOCOLS, errors)
        number = port.get("port")
        if number is not None and not 1 <= number <= 65535:
            errors.append(invalid(f"{here}.port", number, PORT_RANGE))
        if port.get("appProtocol") is not None:
            named(port["appProtocol"], f"{here}.appProtocol", names.qualified_name, errors)
