"""The service controller: addresses for services of type LoadBalancer.

https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer. With the
setting "load-balancer-pool" empty a service has the addresses of all nodes that are ready,
and one port of them serves one service. With a pool each service has one address of it,
which stands on one ready node (annotation HOLDER) and moves when that node is lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Address
from typing import Any

from kctl.controllers.common import (
    condition,
    deleting,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from kctl.controllers.endpointslice import RESOURCE as SLICES
from kctl.controllers.endpointslice import SERVICE_NAME
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.network import checks
from kctl.network.pool import Pool
from kctl.network.service import HOLDER
from kctl.network.ways import address_of
from kctl.store.types import Key, Memo

_EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
_ALL = Key("services", "", "load-balancers")
"""All of them are looked at together: what one has another cannot get."""
_TOLD = "service-lb/told"


class Refused(Exception):
    """No address for a service; the text says why, as Kubernetes' cloud providers do."""


def _balancers(obj: Object, view: View) -> Iterable[Key]:
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    return [_ALL] if _is_balancer(obj) or ingress or HOLDER in _annotations(obj) else []


def _of_slice(obj: Object, view: View) -> Iterable[Key]:
    """Endpoints matter to the policy Local alone."""
    service = view.get("services", namespace_of(obj), labels_of(obj).get(SERVICE_NAME, ""))
    local = service is not None and service["spec"].get("externalTrafficPolicy") == "Local"
    return [_ALL] if service is not None and local and _is_balancer(service) else []


def _any(obj: Object, view: View) -> Iterable[Key]:
    return [_ALL]


class ServiceLoadBalancerController:
    """`kctl_controllers`: the status of services of type LoadBalancer."""

    name = "service-controller"
    watches: Mapping[str, Mapper] = {"services": _balancers, SLICES: _of_slice, "nodes": _any}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        services = sorted(view.list("services"), key=_seniority)
        mine = [each for each in services if _is_balancer(each) and not deleting(each)]
        refused: dict[str, tuple[Object, str]] = {}
        if mine:
            giver = _giver(view, services)
            for service in mine:
                try:
                    addresses, holder = giver.give(service)
                except Refused as error:
                    refused[uid_of(service)] = service, str(error)
                    addresses, holder = [], ""
                _write(service, addresses, holder, changes)
        for service in services:
            if service["spec"].get("type") != "LoadBalancer":
                _write(service, [], "", changes)
        _tell(refused, view, changes)
        return changes


def _is_balancer(service: Object) -> bool:
    """Services of another class are another implementation's."""
    spec = service["spec"]
    return spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass")


def _annotations(obj: Object) -> Mapping[str, str]:
    return obj["metadata"].get("annotations") or {}


def _ingress(service: Object) -> list[dict[str, Any]]:
    return ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []


def _seniority(service: Object) -> tuple[bool, str, str, str]:
    """Who has an address keeps it; the others in the order of their age."""
    created = str(service["metadata"].get("creationTimestamp") or "")
    return (not _ingress(service), created, namespace_of(service), name_of(service))


def _write(service: Object, addresses: Sequence[str], holder: str, changes: Changes) -> None:
    annotations = dict(_annotations(service))
    if annotations.get(HOLDER, "") != holder:
        annotations.pop(HOLDER, None)
        annotations |= {HOLDER: holder} if holder else {}
        metadata = {**service["metadata"], "annotations": annotations}
        metadata.pop("resourceVersion", None)
        changes.update({**service, "metadata": metadata})
    before = [each.get("ip") for each in _ingress(service)]
    if before == list(addresses):
        return
    balancer = {"ingress": [{"ip": each, "ipMode": "VIP"} for each in addresses]}
    status = {**(service.get("status") or {}), "loadBalancer": balancer if addresses else {}}
    metadata = {k: v for k, v in service["metadata"].items() if k != "resourceVersion"}
    changes.update_status({**service, "metadata": metadata, "status": status})
    if addresses and not before:
        changes.event(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer")


def _tell(refused: Mapping[str, tuple[Object, str]], view: View, changes: Changes) -> None:
    """One event for each new reason."""
    memo = view.recall(_TOLD)
    told: dict[str, str] = json.loads(memo.value) if memo is not None else {}
    for uid, (service, why) in refused.items():
        if told.get(uid) != why:
            text = f"Error syncing load balancer: failed to ensure load balancer: {why}"
            changes.event(service, "Warning", "SyncLoadBalancerFailed", text)
    texts = {uid: why for uid, (_, why) in sorted(refused.items())}
    if texts != told:
        changes.remember(_TOLD, Memo(json.dumps(texts)) if texts else None)


# --- who gets what -------------------------------------------------------------------


def _giver(view: View, services: Sequence[Object]) -> _Nodes | _Addresses | _Nothing:
    nodes = [each for each in view.list("nodes") if _takes_part(each)]
    try:
        pool = Pool(view.setting("load-balancer-pool"))
    except ValueError as error:
        return _Nothing(f"load-balancer-pool: {error}")
    if pool:
        return _Addresses(pool, nodes, services, view)
    return _Nodes(nodes, services, view)


def _takes_part(node: Object) -> bool:
    ready = condition(node, "Ready")
    is_ready = ready is not None and ready["status"] == "True"
    return is_ready and _EXCLUDED not in labels_of(node) and not deleting(node)


class _Nothing:
    def __init__(self, why: str) -> None:
        self._why = why

    def give(self, service: Object) -> tuple[list[str], str]:
        raise Refused(self._why)


class _Nodes:
    """The addresses of all nodes for every service, each port of them for one."""

    def __init__(self, nodes: Sequence[Object], services: Sequence[Object], view: View) -> None:
        self._addresses = {name_of(each): found for each in nodes if (found := _address(each))}
        self._view = view
        self._ports: dict[tuple[str, int], str] = {}
        for service in services:
            spec, name = service["spec"], f"{namespace_of(service)}/{name_of(service)}"
            for port in spec.get("ports") or ():
                if port.get("nodePort"):
                    self._ports[port.get("protocol", "TCP"), port["nodePort"]] = name
            if spec.get("healthCheckNodePort"):
                self._ports["TCP", spec["healthCheckNodePort"]] = name

    def give(self, service: Object) -> tuple[list[str], str]:
        addresses = self._wanted(service)
        name = f"{namespace_of(service)}/{name_of(service)}"
        ports = [(p.get("protocol", "TCP"), p["port"]) for p in service["spec"].get("ports") or ()]
        for protocol, port in ports:
            holder = self._ports.get((protocol, port), name)
            if holder != name:
                raise Refused(
                    f"port {port}/{protocol}: provided port is already allocated to {holder}"
                )
        self._ports.update(dict.fromkeys(ports, name))
        return addresses, ""

    def _wanted(self, service: Object) -> list[str]:
        asked = service["spec"].get("loadBalancerIP")
        if not self._addresses:
            raise Refused("no node is ready to take part in load balancers")
        if asked:
            if asked not in self._addresses.values():
                raise Refused(f"the address {asked} is no ready node's")
            return [asked]
        serving = _serving(service, list(self._addresses), self._view)
        return [self._addresses[name] for name in serving]


def _serving(service: Object, nodes: Sequence[str], view: View) -> Sequence[str]:
    """Those of `nodes` that can serve: with the policy Local the ones with ready endpoints
    of the service, as long as there are any."""
    if service["spec"].get("externalTrafficPolicy") != "Local":
        return nodes
    having = {
        entry.get("nodeName")
        for each in view.list(SLICES, namespace_of(service))
        if labels_of(each).get(SERVICE_NAME) == name_of(service)
        for entry in each.get("endpoints") or ()
        if (entry.get("conditions") or {}).get("ready") is not False
    }
    return [each for each in nodes if each in having] or nodes


def _address(node: Object) -> str:
    """The address that clients outside use: the ExternalIP where there is one."""
    listed = (node.get("status") or {}).get("addresses") or ()
    by_type = {
        each["type"]: str(each["address"])
        for each in reversed(listed)
        if checks.is_address(each["address"])
    }
    return by_type.get("ExternalIP") or by_type.get("InternalIP", "")


class _Addresses:
    """One address of the pool for each service, on one node."""

    def __init__(
        self, pool: Pool, nodes: Sequence[Object], services: Sequence[Object], view: View
    ) -> None:
        self._pool, self._nodes, self._view = pool, nodes, view
        self._held = {
            str(each["ip"]): uid_of(service)
            for service in reversed(services)
            if _is_balancer(service)
            for each in _ingress(service)
            if str(each.get("ip")) in pool
        }

    def give(self, service: Object) -> tuple[list[str], str]:
        address = self._choose(service)
        self._held[address] = uid_of(service)
        return [address], self._holder(service, address)

    def _choose(self, service: Object) -> str:
        asked = service["spec"].get("loadBalancerIP")
        mine = [each for each, uid in self._held.items() if uid == uid_of(service)]
        if asked:
            if asked not in self._pool:
                raise Refused(f"the address {asked} is not in the pool")
            if self._held.get(asked, uid_of(service)) != uid_of(service):
                raise Refused(f"the address {asked}: provided IP is already allocated")
            for each in mine:
                del self._held[each]
            return str(asked)
        if mine:
            return mine[0]
        found = self._pool.free(self._held)
        if found is None:
            raise Refused("no address of the pool is left")
        return found

    def _holder(self, service: Object, address: str) -> str:
        """The node that has it stays; another one is chosen so that addresses spread, among
        those in whose network the address lies, if there are any."""
        there = [each for each in self._nodes if _in_network(each, address)]
        names = _serving(service, [name_of(each) for each in there or self._nodes], self._view)
        current = _annotations(service).get(HOLDER, "")
        if current in names:
            return current
        if not names:
            raise Refused("no node is ready to hold an address of the pool")
        return max(names, key=lambda name: hashlib.sha256(f"{address} {name}".encode()).digest())


def _in_network(node: Object, address: str) -> bool:
    own = address_of(node)
    return own is not None and IPv4Address(address) in own.network
