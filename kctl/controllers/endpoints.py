"""The endpoints controller: one Endpoints object for each service with a selector.

https://kubernetes.io/docs/concepts/services-networking/service/#endpoints
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.controllers.common import key_of, name_of, namespace_of, uid_of
from kctl.controllers.endpoint_addresses import (
    HEADLESS_LABEL,
    TRIGGER,
    Candidates,
    by_labels,
    is_headless,
    is_leaving,
    is_ready,
    own_hostname,
    ports_of,
    publishes_not_ready,
    services_behind,
    target_ref,
    trigger_time,
    wants_endpoints,
)
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

MANAGED_BY = "endpoints.kubernetes.io/managed-by"
NAME = "endpoint-controller"
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
CAPACITY = 1000
"""Addresses in one object, as Kubernetes bounds it; slices have no such bound."""


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("services", obj)]


class EndpointsController:
    """`kctl_controllers`: endpoints. Keys are services."""

    name = NAME
    watches: Mapping[str, Mapper] = {
        "services": _own_key,
        "pods": by_labels,
        "endpoints": _own_key,
    }

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes, candidates = Changes(), Candidates(view)
        for key in services_behind(keys, view):
            service = view.get(*key)
            current = view.get("endpoints", key.namespace, key.name)
            if service is None:
                _forget(current, changes)
            elif wants_endpoints(service):
                _sync_one(service, current, candidates.of(service), changes)
        return changes


def _forget(current: Object | None, changes: Changes) -> None:
    """Endpoints of a service that is gone, if this controller made them."""
    if current is not None and current["metadata"].get("labels", {}).get(MANAGED_BY) == NAME:
        changes.delete(key_of("endpoints", current), uid_of(current))


def _sync_one(
    service: Object, current: Object | None, pods: Sequence[Object], changes: Changes
) -> None:
    subsets, truncated = _subsets(service, pods)
    wanted = _endpoints(service, subsets, truncated, trigger_time(service, pods))
    if current is None:
        changes.create(wanted)
        return
    same = (current.get("subsets") or []) == subsets and _managed(current) == _managed(wanted)
    if not same:
        kept = current["metadata"].get("annotations") or {}
        annotations = {name: value for name, value in kept.items() if name != OVER_CAPACITY}
        wanted["metadata"] = {
            **current["metadata"],
            "labels": wanted["metadata"]["labels"],
            "annotations": annotations | wanted["metadata"]["annotations"],
        }
        changes.update(wanted)


def _managed(endpoints: Object) -> tuple[Any, Any]:
    metadata = endpoints["metadata"]
    return metadata.get("labels") or {}, (metadata.get("annotations") or {}).get(OVER_CAPACITY)


def _endpoints(
    service: Object, subsets: list[dict[str, Any]], truncated: bool, trigger: str
) -> Object:
    labels = dict(service["metadata"].get("labels") or {})
    labels.pop(HEADLESS_LABEL, None)
    if is_headless(service):
        labels[HEADLESS_LABEL] = ""
    labels[MANAGED_BY] = NAME
    annotations = {TRIGGER: trigger}
    if truncated:
        annotations[OVER_CAPACITY] = "truncated"
    endpoints: Object = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": name_of(service),
            "namespace": namespace_of(service),
            "labels": labels,
            "annotations": annotations,
        },
    }
    if subsets:
        endpoints["subsets"] = subsets
    return endpoints


def _subsets(service: Object, pods: Sequence[Object]) -> tuple[list[dict[str, Any]], bool]:
    """Addresses grouped by the ports that they serve; whether some had to be left out."""
    groups: dict[str, dict[str, Any]] = {}
    everyone = publishes_not_ready(service)
    listed = [pod for pod in pods if everyone or not is_leaving(pod)]
    listed.sort(key=lambda pod: (not is_ready(pod), name_of(pod)))
    for pod in listed[:CAPACITY]:
        ports = ports_of(service, pod)
        if not ports and not (is_headless(service) and not service["spec"].get("ports")):
            continue
        group = groups.setdefault(json.dumps(ports), {"ports": [_port(each) for each in ports]})
        ready = everyone or is_ready(pod)
        group.setdefault("addresses" if ready else "notReadyAddresses", []).append(
            _address(service, pod)
        )
    subsets = [_ordered(groups[each]) for each in sorted(groups)]
    return subsets, len(listed) > CAPACITY


def _port(port: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in port.items() if value != ""}


def _address(service: Object, pod: Object) -> dict[str, Any]:
    address: dict[str, Any] = {"ip": pod["status"]["podIP"]}
    hostname = own_hostname(service, pod)
    if hostname:
        address["hostname"] = hostname
    if pod["spec"].get("nodeName"):
        address["nodeName"] = pod["spec"]["nodeName"]
    address["targetRef"] = target_ref(pod)
    return address


def _ordered(group: dict[str, Any]) -> dict[str, Any]:
    subset: dict[str, Any] = {}
    for name in ("addresses", "notReadyAddresses"):
        if name in group:
            subset[name] = sorted(
                group[name], key=lambda each: (each["ip"], each["targetRef"]["uid"])
            )
    if group["ports"]:
        subset["ports"] = sorted(
            group["ports"], key=lambda each: (each.get("name", ""), each["port"], each["protocol"])
        )
    return subset


def _address_order(address: Mapping[str, Any]) -> tuple[str, str]:
    return address["ip"], address["targetRef"]["uid"]
