"""Network policies (ValidateNetworkPolicy of networking.k8s.io/v1)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.validation import labels
from kctl.api.validation.values import PORT_RANGE, PROTOCOLS, named, port_name

Spec = Mapping[str, Any]

_TYPES = ("Egress", "Ingress")
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def networkpolicy(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj.get("spec") or {}
    labels.selector(spec.get("podSelector"), "spec.podSelector", errors)
    for group, peers in (("ingress", "from"), ("egress", "to")):
        for at, rule in enumerate(spec.get(group) or ()):
            path = f"spec.{group}[{at}]"
            for number, port in enumerate(rule.get("ports") or ()):
                _port(port, f"{path}.ports[{number}]", errors)
            for number, peer in enumerate(rule.get(peers) or ()):
                _peer(peer, f"{path}.{peers}[{number}]", errors)
    types = spec.get("policyTypes") or ()
    if len(types) > 2:
        text = "may not specify more than two policyTypes"
        errors.append(invalid("spec.policyTypes", list(types), text))
        return errors
    for at, each in enumerate(types):
        if each not in _TYPES:
            errors.append(not_supported(f"spec.policyTypes[{at}]", each, _TYPES))
    return errors


def _port(value: Spec, path: str, errors: list[FieldError]) -> None:
    protocol, port, end = value.get("protocol"), value.get("port"), value.get("endPort")
    if protocol is not None and protocol not in PROTOCOLS:
        errors.append(not_supported(f"{path}.protocol", protocol, PROTOCOLS))
    if isinstance(port, int):
        if not 1 <= port <= 65535:
            errors.append(invalid(f"{path}.port", port, PORT_RANGE))
        if end is not None:
            if end < port:
                text = "must be greater than or equal to `port`"
                errors.append(invalid(f"{path}.endPort", end, text))
            if not 1 <= end <= 65535:
                errors.append(invalid(f"{path}.endPort", end, PORT_RANGE))
    elif end is not None:
        why = "not specified" if port is None else "non-numeric"
        text = f"may not be specified when `port` is {why}"
        errors.append(invalid(f"{path}.endPort", end, text))
    if isinstance(port, str):
        named(port, f"{path}.port", port_name, errors)


def _peer(value: Spec, path: str, errors: list[FieldError]) -> None:
    kinds = ("podSelector", "namespaceSelector")
    selectors = [name for name in kinds if value.get(name) is not None]
    for name in selectors:
        labels.selector(value[name], f"{path}.{name}", errors)
    block = value.get("ipBlock")
    if block is not None and selectors:
        errors.append(forbidden(path, "may not specify both ipBlock and another peer"))
    elif block is None and not selectors:
        errors.append(required(path, "must specify a peer"))
    elif block is not None:
        _block(block, f"{path}.ipBlock", errors)


def _block(value: Spec, path: str, errors: list[FieldError]) -> None:
    cidr = value.get("cidr") or ""
    if not cidr:
        errors.append(required(f"{path}.cidr"))
        return
    outer = _network(cidr)
    if outer is None:
        errors.append(invalid(f"{path}.cidr", cidr, _CIDR))
        return
    for at, each in enumerate(value.get("except") or ()):
        inner, where = _network(each), f"{path}.except[{at}]"
        if inner is None:
            errors.append(invalid(where, each, _CIDR))
        elif inner.version != outer.version or not (
            int(outer.network_address) <= int(inner.network_address)
            and inner.prefixlen > outer.prefixlen
            and int(inner.broadcast_address) <= int(outer.broadcast_address)
        ):
            text = f"must be a strict subset of `cidr`: {cidr}"
            errors.append(invalid(where, each, text))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
