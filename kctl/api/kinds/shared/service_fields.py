"""A service's defaults, what an update carries over, and the names that it claims.

Which fields apply depends on the type: an update that changes the type keeps what still
applies and drops what the old type alone had been given, unless the client changed it.
"""

from __future__ import annotations

from typing import Any

from kctl.api.kind import Object
from kctl.api.kinds.cells import part

Spec = dict[str, Any]

_WITH_ADDRESS = ("ClusterIP", "NodePort", "LoadBalancer")
_CLIENT_IP_SECONDS = 10800


def default(obj: Object) -> None:
    """SetDefaults_Service; addresses and node ports are an admission step's work."""
    spec = part(obj, "spec")
    if not spec.get("sessionAffinity"):
        spec["sessionAffinity"] = "None"
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        config = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        if config.get("timeoutSeconds") is None:
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": _CLIENT_IP_SECONDS}}
    if not spec.get("type"):
        spec["type"] = "ClusterIP"
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]
    for port in spec.get("ports") or ():
        if not port.get("protocol"):
            port["protocol"] = "TCP"
        if port.get("targetPort") in (None, 0, "") and "port" in port:
            port["targetPort"] = port["port"]
    if externally_accessible(spec) and not spec.get("externalTrafficPolicy"):
        spec["externalTrafficPolicy"] = "Cluster"
    if spec.get("internalTrafficPolicy") is None and spec["type"] in _WITH_ADDRESS:
        spec["internalTrafficPolicy"] = "Cluster"
    if spec["type"] == "LoadBalancer":
        if spec.get("allocateLoadBalancerNodePorts") is None:
            spec["allocateLoadBalancerNodePorts"] = True
        _ip_mode(obj)


def _ip_mode(obj: Object) -> None:
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    for each in balancer.get("ingress") or ():
        if each.get("ip") and each.get("ipMode") is None:
            each["ipMode"] = "VIP"


def externally_accessible(spec: Spec) -> bool:
    return spec.get("type") in ("NodePort", "LoadBalancer") or (
        spec.get("type") == "ClusterIP" and bool(spec.get("externalIPs"))
    )


def needs_cluster_ip(spec: Spec) -> bool:
    return spec.get("type") in _WITH_ADDRESS


def needs_node_port(spec: Spec) -> bool:
    if spec.get("type") == "NodePort":
        return True
    return spec.get("type") == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") in (
        None,
        True,
    )


def needs_health_port(spec: Spec) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def headless(spec: Spec) -> bool:
    return spec.get("clusterIP") == "None" or (spec.get("clusterIPs") or [""])[0] == "None"


def carry_over(new: Spec, old: Spec) -> None:
    """Give an update what the client left out and the service already has; then drop
    what the new type does not have."""
    if needs_cluster_ip(old) and needs_cluster_ip(new):
        _keep_addresses(new, old)
    if needs_node_port(old) and needs_node_port(new):
        _keep_node_ports(new, old)
    if needs_health_port(old) and needs_health_port(new) and not new.get("healthCheckNodePort"):
        new["healthCheckNodePort"] = old.get("healthCheckNodePort", 0)
    _drop(new, old)


def _keep_addresses(new: Spec, old: Spec) -> None:
    before = list(old.get("clusterIPs") or ())
    if not new.get("clusterIP") and old.get("clusterIP"):
        new["clusterIP"] = old["clusterIP"]
    if not new.get("clusterIPs") and new.get("clusterIP") == old.get("clusterIP") and before:
        new["clusterIPs"] = before
    changed = new.get("clusterIP") and new["clusterIP"] != old.get("clusterIP")
    if changed and new.get("clusterIPs") in (None, [], before):
        new["clusterIPs"] = [new["clusterIP"]]
    for name in ("ipFamilies", "ipFamilyPolicy"):
        if not new.get(name) and old.get(name):
            new[name] = old[name]


def _keep_node_ports(new: Spec, old: Spec) -> None:
    """By the name of the port; a number that another port now asks for is not kept."""
    by_name = {port.get("name", ""): port.get("nodePort", 0) for port in old.get("ports") or ()}
    before = {port.get("nodePort") for port in old.get("ports") or ()}
    used = {port.get("nodePort") for port in new.get("ports") or ()} & before
    for port in new.get("ports") or ():
        known = by_name.get(port.get("name", ""))
        if not port.get("nodePort") and known and known not in used:
            port["nodePort"] = known
            used.add(known)


def _drop(new: Spec, old: Spec) -> None:
    if needs_cluster_ip(old) and not needs_cluster_ip(new):
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if new.get(name) == old.get(name):
                new.pop(name, None)
    if needs_node_port(old) and not needs_node_port(new) and _node_ports(new) == _node_ports(old):
        for port in new.get("ports") or ():
            port.pop("nodePort", None)
    if needs_health_port(old) and not needs_health_port(new):
        _drop_same(new, old, "healthCheckNodePort")
    if old.get("type") == "LoadBalancer" and new.get("type") != "LoadBalancer":
        _drop_same(new, old, "allocateLoadBalancerNodePorts")
        _drop_same(new, old, "loadBalancerClass")
    if externally_accessible(old) and not externally_accessible(new):
        _drop_same(new, old, "externalTrafficPolicy")


def _drop_same(new: Spec, old: Spec, name: str) -> None:
    if new.get(name) == old.get(name):
        new.pop(name, None)


def _node_ports(spec: Spec) -> set[int]:
    return {port.get("nodePort", 0) for port in spec.get("ports") or ()}


def claims(obj: Object) -> tuple[str, ...]:
    """The addresses and node ports that no other service may have meanwhile. Node ports of
    an ExternalName service, which Kubernetes leaves alone, are nobody's."""
    spec = obj.get("spec") or {}
    if not needs_cluster_ip(spec):
        return ()
    names = [f"ip/{address}" for address in spec.get("clusterIPs") or () if address != "None"]
    for port in spec.get("ports") or ():
        if port.get("nodePort") and spec.get("type") != "ClusterIP":
            names.append(f"nodeport/{port.get('protocol', 'TCP')}/{port['nodePort']}")
    if spec.get("healthCheckNodePort"):
        names.append(f"nodeport/TCP/{spec['healthCheckNodePort']}")
    return tuple(dict.fromkeys(names))
