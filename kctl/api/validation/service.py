"""Services."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from kctl.api.validation import labels, service_addresses
from kctl.api.validation.endpoints import endpoint_ip
from kctl.api.validation.values import (
    PROTOCOLS,
    ip_address,
    is_ip,
    named,
    one_of,
    port_number,
    port_or_name,
)

Spec = Mapping[str, Any]

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_POLICIES = ("Cluster", "Local")
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
_MAX_AFFINITY = 86400
_ONLY_BALANCER = "may only be used when `type` is 'LoadBalancer'"


def validate_service(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj["spec"]
    kind, ports = spec.get("type"), spec.get("ports") or ()
    headless = service_addresses.is_headless(spec)
    if not ports and not headless and kind != "ExternalName":
        errors.append(required("spec.ports"))
    if headless and kind in ("LoadBalancer", "NodePort"):
        text = f"may not be set to 'None' for {kind} services"
        errors.append(invalid("spec.clusterIPs[0]", "None", text))
    if kind == "ExternalName":
        _external_name(spec, errors)
    seen: set[str] = set()
    for at, port in enumerate(ports):
        _port(port, len(ports) > 1, seen, f"spec.ports[{at}]", errors)
    if spec.get("selector"):
        labels.labels(spec["selector"], "spec.selector", errors)
    _affinity(spec, errors)
    if kind != "ExternalName":
        service_addresses.related(spec, errors)
    for at, address in enumerate(spec.get("externalIPs") or ()):
        if is_ip(address):
            endpoint_ip(address, f"spec.externalIPs[{at}]", errors)
        else:
            ip_address(address, f"spec.externalIPs[{at}]", errors)
    one_of(kind, "spec.type", _TYPES, errors)
    _port_clashes(kind, ports, errors)
    _balancer(spec, errors)
    _traffic(spec, errors)
    return errors


def _external_name(spec: Spec, errors: list[FieldError]) -> None:
    for name in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(name):
            errors.append(forbidden(f"spec.{name}", "may not be set for ExternalName services"))
    target = (spec.get("externalName") or "").removesuffix(".")
    if target:
        named(target, "spec.externalName", names.dns_subdomain, errors)
    else:
        errors.append(required("spec.externalName"))


def _port(
    port: Spec, name_needed: bool, seen: set[str], path: str, errors: list[FieldError]
) -> None:
    name = port.get("name")
    if name:
        named(name, f"{path}.name", names.dns_label, errors)
        if name in seen:
            errors.append(duplicate(f"{path}.name", name))
        seen.add(name)
    elif name_needed:
        errors.append(required(f"{path}.name"))
    for text in port_number(port.get("port") or 0):
        errors.append(invalid(f"{path}.port", port.get("port") or 0, text))
    one_of(port.get("protocol"), f"{path}.protocol", PROTOCOLS, errors)
    port_or_name(port.get("targetPort"), f"{path}.targetPort", errors)
    if port.get("appProtocol") is not None:
        named(port["appProtocol"], f"{path}.appProtocol", names.qualified_name, errors)


def _affinity(spec: Spec, errors: list[FieldError]) -> None:
    kind = spec.get("sessionAffinity")
    value: Any = spec.get("sessionAffinityConfig")
    one_of(kind, "spec.sessionAffinity", ("ClientIP", "None"), errors)
    path = "spec.sessionAffinityConfig"
    if kind == "None" and value is not None:
        errors.append(forbidden(path, "must not be set when session affinity is None"))
    if kind != "ClientIP":
        return
    for name in ("clientIP", "timeoutSeconds", None):
        if value is None:
            errors.append(required(path, "when session affinity type is ClientIP"))
            return
        if name:
            path, value = f"{path}.{name}", value.get(name)
    if not 0 < value <= _MAX_AFFINITY:
        text = f"must be greater than 0 and less than {_MAX_AFFINITY}"
        errors.append(invalid(path, value, text))


def _port_clashes(kind: str | None, ports: Sequence[Spec], errors: list[FieldError]) -> None:
    """No two ports have the same number, inside or on the nodes, for one protocol."""
    if kind == "ClusterIP":
        for at, port in enumerate(ports):
            if port.get("nodePort"):
                text = "may not be used when `type` is 'ClusterIP'"
                errors.append(forbidden(f"spec.ports[{at}].nodePort", text))
    node_ports: set[tuple[Any, Any]] = set()
    for at, port in enumerate(ports):
        number = port.get("nodePort")
        if number and (port.get("protocol"), number) in node_ports:
            errors.append(duplicate(f"spec.ports[{at}].nodePort", number))
        node_ports.add((port.get("protocol"), number))
    numbers: set[tuple[Any, Any]] = set()
    for at, port in enumerate(ports):
        pair = (port.get("protocol"), port.get("port"))
        if pair in numbers:
            shown = {
                "Name": "",
                "Protocol": pair[0],
                "AppProtocol": None,
                "Port": pair[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            errors.append(duplicate(f"spec.ports[{at}]", shown))
        numbers.add(pair)


def _balancer(spec: Spec, errors: list[FieldError]) -> None:
    """Fields that only services of type LoadBalancer have."""
    balancer = spec.get("type") == "LoadBalancer"
    ranges = spec.get("loadBalancerSourceRanges") or ()
    if ranges and not balancer:
        errors.append(forbidden("spec.LoadBalancerSourceRanges", _ONLY_BALANCER))
    for at, value in enumerate(ranges):
        try:
            ipaddress.ip_network(value.strip(), strict=False)
        except ValueError:
            text = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            where = f"spec.LoadBalancerSourceRanges[{at}]"
            errors.append(invalid(where, value.strip(), text))
    if spec.get("allocateLoadBalancerNodePorts") is not None and not balancer:
        errors.append(forbidden("spec.allocateLoadBalancerNodePorts", _ONLY_BALANCER))
    name = spec.get("loadBalancerClass")
    if name is not None:
        if balancer:
            named(name, "spec.loadBalancerClass", names.qualified_name, errors)
        else:
            errors.append(forbidden("spec.loadBalancerClass", _ONLY_BALANCER))


def _traffic(spec: Spec, errors: list[FieldError]) -> None:
    kind, outside = spec.get("type"), spec.get("externalTrafficPolicy")
    accessible = kind in ("NodePort", "LoadBalancer") or (
        kind == "ClusterIP" and bool(spec.get("externalIPs"))
    )
    if accessible:
        one_of(outside, "spec.externalTrafficPolicy", _POLICIES, errors)
    elif outside:
        text = "may only be set for externally-accessible services"
        errors.append(invalid("spec.externalTrafficPolicy", outside, text))
    _health(spec, kind == "LoadBalancer" and outside == "Local", errors)
    inside = spec.get("internalTrafficPolicy")
    if inside is not None or kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        one_of(inside, "spec.internalTrafficPolicy", _POLICIES, errors)
    spread = spec.get("trafficDistribution")
    if spread is not None and spread not in _DISTRIBUTIONS:
        errors.append(not_supported("spec.trafficDistribution", spread, _DISTRIBUTIONS))


def _health(spec: Spec, needed: bool, errors: list[FieldError]) -> None:
    port, where = spec.get("healthCheckNodePort") or 0, "spec.healthCheckNodePort"
    if not needed:
        if port:
            text = (
                "may only be set when `type` is 'LoadBalancer' and "
                "`externalTrafficPolicy` is 'Local'"
            )
            errors.append(invalid(where, port, text))
    elif not port:
        errors.append(required(where))
    else:
        for text in port_number(port):
            errors.append(invalid(where, port, text))


def validate_service_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec, before = new["spec"], old["spec"]
    service_addresses.unchanged(spec, before, errors)
    if spec.get("type") == before.get("type") == "LoadBalancer":
        if spec.get("loadBalancerClass") != before.get("loadBalancerClass"):
            value = spec.get("loadBalancerClass")
            errors.append(invalid("spec.loadBalancerClass", value, "may not change once set"))
        local = spec.get("externalTrafficPolicy") == before.get("externalTrafficPolicy") == "Local"
        if local and spec.get("healthCheckNodePort") != before.get("healthCheckNodePort"):
            errors.append(forbidden("spec.healthCheckNodePort", "field is immutable"))
    if (new.get("status") or {}) != (old.get("status") or {}):
        _status(new, errors)
    return errors


def _status(obj: Mapping[str, Any], errors: list[FieldError]) -> None:
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    path = "status.loadBalancer.ingress"
    if ingress and obj["spec"].get("type") != "LoadBalancer":
        errors.append(forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'"))
        return
    for at, each in enumerate(ingress):
        address, mode, host = each.get("ip"), each.get("ipMode"), each.get("hostname")
        if address:
            ip_address(address, f"{path}[{at}].ip", errors)
        if mode is None:
            if address:
                text = "must be specified when `ip` is set"
                errors.append(required(f"{path}[{at}].ipMode", text))
        elif not address:
            text = "may not be specified when `ip` is not set"
            errors.append(forbidden(f"{path}[{at}].ipMode", text))
        elif mode not in ("Proxy", "VIP"):
            errors.append(not_supported(f"{path}[{at}].ipMode", mode, ("Proxy", "VIP")))
        if host:
            named(host, f"{path}[{at}].hostname", names.dns_subdomain, errors)
            if is_ip(host):
                text = "must be a DNS name, not an IP address"
                errors.append(invalid(f"{path}[{at}].hostname", host, text))
