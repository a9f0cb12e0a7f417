"""The endpoint slice mirroring controller: slices for Endpoints that people write.

A service without a selector may be given its addresses by an Endpoints object of its name;
what reads slices finds them there too.
https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from kctl.controllers.common import (
    controlled,
    deleting,
    free_name,
    generated_prefix,
    key_of,
    key_of_controller,
    labels_of,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
)
from kctl.controllers.endpointslice import MANAGED_BY, MAX_ENDPOINTS, RESOURCE, SERVICE_NAME
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

MANAGER = "endpointslicemirroring-controller.k8s.io"
SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
_NOT_COPIED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "endpoints.kubernetes.io/last-change-trigger-time",
)


def _same_name(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("endpoints", obj)]


def _of_slice(obj: Object, view: View) -> Iterable[Key]:
    key = key_of_controller(obj, "Endpoints", "endpoints")
    return [key] if key and labels_of(obj).get(MANAGED_BY) == MANAGER else []


class EndpointSliceMirroringController:
    """`kctl_controllers`: keys are endpoints."""

    name = "endpoint-slice-mirroring-controller"
    watches: Mapping[str, Mapper] = {
        "endpoints": _same_name,
        "services": _same_name,
        RESOURCE: _of_slice,
    }

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            endpoints = view.get(*key)
            if endpoints is None or deleting(endpoints):
                continue
            service = view.get("services", key.namespace, key.name)
            wanted = _wanted(endpoints) if _mirrors(endpoints, service) else {}
            _Mirror(endpoints, view, now, changes).run(wanted)
        return changes


def _mirrors(endpoints: Object, service: Object | None) -> bool:
    """Only beside a service that selects nothing itself."""
    if service is None or service["spec"].get("selector"):
        return False
    return labels_of(endpoints).get(SKIP_MIRROR) != "true"


def _present(endpoints: Object, view: View) -> dict[str, list[Object]]:
    groups: dict[str, list[Object]] = {}
    for each in controlled(view, endpoints, RESOURCE):
        if labels_of(each).get(MANAGED_BY) == MANAGER and not deleting(each):
            group = _group(each["addressType"], each.get("ports") or ())
            groups.setdefault(group, []).append(each)
    return groups


def _group(family: str, ports: Iterable[Mapping[str, Any]]) -> str:
    """What all endpoints of a slice share, as JSON."""
    listed = [
        {
            "name": each.get("name") or "",
            "port": each.get("port"),
            "protocol": each.get("protocol") or "TCP",
            **({"appProtocol": each["appProtocol"]} if each.get("appProtocol") else {}),
        }
        for each in ports
    ]
    return json.dumps([family, listed])


def _wanted(endpoints: Object) -> dict[str, list[list[dict[str, Any]]]]:
    """Group -> the endpoints of each of its slices."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for subset in endpoints.get("subsets") or ():
        for name, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(name) or ():
                family = f"IPv{ipaddress.ip_address(address['ip']).version}"
                group = _group(family, subset.get("ports") or ())
                groups.setdefault(group, []).append(_endpoint(address, ready))
    return {
        group: [listed[at : at + MAX_ENDPOINTS] for at in range(0, len(listed), MAX_ENDPOINTS)]
        for group, listed in groups.items()
    }


def _endpoint(address: Mapping[str, Any], ready: bool) -> dict[str, Any]:
    endpoint: dict[str, Any] = {"addresses": [address["ip"]], "conditions": {"ready": ready}}
    for name in ("hostname", "nodeName", "targetRef"):
        if address.get(name):
            endpoint[name] = address[name]
    return endpoint


class _Mirror:
    """The slices of one Endpoints object."""

    def __init__(self, endpoints: Object, view: View, now: datetime, changes: Changes) -> None:
        self.endpoints, self.view, self.now, self.changes = endpoints, view, now, changes
        self.labels = {
            **labels_of(endpoints),
            SERVICE_NAME: name_of(endpoints),
            MANAGED_BY: MANAGER,
        }
        self.annotations = {
            name: value
            for name, value in (endpoints["metadata"].get("annotations") or {}).items()
            if name not in _NOT_COPIED
        }

    def run(self, wanted: Mapping[str, list[list[dict[str, Any]]]]) -> None:
        present = _present(self.endpoints, self.view)
        for group in sorted({*wanted, *present}):
            pairs = zip_longest(present.get(group, ()), wanted.get(group, ()))
            for index, (current, fresh) in enumerate(pairs):
                if fresh is None:
                    self.changes.delete(key_of(RESOURCE, current), uid_of(current))
                elif current is None:
                    self._create(group, fresh, index)
                else:
                    self._update(current, fresh)

    def _update(self, current: Object, fresh: list[dict[str, Any]]) -> None:
        metadata = {**current["metadata"], "labels": self.labels}
        metadata.pop("annotations", None)
        if self.annotations:
            metadata["annotations"] = self.annotations
        self.changes.update({**current, "metadata": metadata, "endpoints": fresh})

    def _create(self, group: str, fresh: list[dict[str, Any]], index: int) -> None:
        family, ports = json.loads(group)
        prefix, namespace = generated_prefix(name_of(self.endpoints)), namespace_of(self.endpoints)
        parts = (uid_of(self.endpoints), self.now.timestamp(), group, index)
        self.changes.create(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": free_name(self.view, RESOURCE, namespace, prefix, *parts),
                    "generateName": prefix,
                    "namespace": namespace,
                    "labels": self.labels,
                    "annotations": self.annotations,
                    "ownerReferences": [owner_reference(self.endpoints)],
                },
                "addressType": family,
                "endpoints": fresh,
                "ports": ports,
            }
        )
