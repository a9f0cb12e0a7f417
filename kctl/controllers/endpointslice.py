"""The endpoint slice controller: slices of at most 100 endpoints for each service.

https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/. An endpoint stays
in the slice that it is in, so that a pod that comes or goes rewrites one slice only.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
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

RESOURCE = "endpointslices.discovery.k8s.io"
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
MAX_ENDPOINTS = 100


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("services", obj)]


def _of_slice(obj: Object, view: View) -> Iterable[Key]:
    key = key_of_controller(obj, "Service", "services")
    return [key] if key and labels_of(obj).get(MANAGED_BY) == MANAGER else []


class EndpointSliceController:
    """`kctl_controllers`: endpointslices.discovery.k8s.io. Keys are services; slices of a
    service that is gone are the garbage collector's."""

    name = "endpoint-slice-controller"
    watches: Mapping[str, Mapper] = {
        "services": _own_key,
        "pods": by_labels,
        RESOURCE: _of_slice,
    }

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes, candidates = Changes(), Candidates(view)
        for key in services_behind(keys, view):
            service = view.get(*key)
            if service is not None and wants_endpoints(service) and not deleting(service):
                _Sync(service, view, now, changes).run(candidates.of(service))
        return changes


class _Sync:
    def __init__(self, service: Object, view: View, now: datetime, changes: Changes) -> None:
        self.service, self.view, self.now, self.changes = service, view, now, changes
        self.trigger = ""
        self.made = 0

    def run(self, pods: Sequence[Object]) -> None:
        self.trigger = trigger_time(self.service, pods)
        wanted = self._wanted(pods)
        present: dict[str, list[Object]] = {}
        for each in controlled(self.view, self.service, RESOURCE):
            if labels_of(each).get(MANAGED_BY) == MANAGER and not deleting(each):
                present.setdefault(_group_of(each), []).append(each)
        if not wanted:
            wanted[self._empty_group(present)] = {}
        for group, slices in present.items():
            if group not in wanted:
                for each in slices:
                    self.changes.delete(key_of(RESOURCE, each), uid_of(each))
        for group in sorted(wanted):
            self._place(group, wanted[group], present.get(group, []))

    def _wanted(self, pods: Sequence[Object]) -> dict[str, dict[str, dict[str, Any]]]:
        """Group (address type and ports, as JSON) -> pod uid -> endpoint."""
        groups: dict[str, dict[str, dict[str, Any]]] = {}
        for pod in pods:
            group = json.dumps([_family(pod["status"]["podIP"]), ports_of(self.service, pod)])
            groups.setdefault(group, {})[uid_of(pod)] = self._endpoint(pod)
        return groups

    def _empty_group(self, present: Mapping[str, list[Object]]) -> str:
        """A service without endpoints keeps one slice that says so."""
        families = self.service["spec"].get("ipFamilies") or ["IPv4"]
        empty = json.dumps([families[0], []])
        return next((group for group in present if json.loads(group)[1] == []), empty)

    def _endpoint(self, pod: Object) -> dict[str, Any]:
        serving, leaving = is_ready(pod), is_leaving(pod)
        ready = publishes_not_ready(self.service) or (serving and not leaving)
        endpoint: dict[str, Any] = {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": ready, "serving": serving, "terminating": leaving},
        }
        hostname = own_hostname(self.service, pod)
        if hostname:
            endpoint["hostname"] = hostname
        node_name = pod["spec"].get("nodeName")
        if node_name:
            endpoint["nodeName"] = node_name
        endpoint["targetRef"] = target_ref(pod)
        node = self.view.get("nodes", "", node_name) if node_name else None
        zone = labels_of(node).get("topology.kubernetes.io/zone") if node else None
        if zone:
            endpoint["zone"] = zone
        return endpoint

    # --- slices of one group ---

    def _place(
        self, group: str, wanted: Mapping[str, dict[str, Any]], slices: Sequence[Object]
    ) -> None:
        """Keep endpoints where they are, drop what left, put what is new where there is
        room, then into new slices."""
        missing = dict(wanted)
        contents = []
        for each in slices:
            kept = []
            for endpoint in each.get("endpoints") or ():
                fresh = missing.pop((endpoint.get("targetRef") or {}).get("uid", ""), None)
                if fresh is not None:
                    kept.append(fresh)
            contents.append(kept)
        for kept in contents:
            while missing and len(kept) < MAX_ENDPOINTS:
                kept.append(missing.pop(next(iter(missing))))
        last_empty = not wanted
        for each, kept in zip(slices, contents, strict=True):
            self._write(each, kept, keep=last_empty)
            last_empty = False
        left = list(missing.values())
        for start in range(0, len(left), MAX_ENDPOINTS):
            self._create(group, left[start : start + MAX_ENDPOINTS])
        if not wanted and not slices:
            self._create(group, [])

    def _write(self, current: Object, endpoints: list[dict[str, Any]], *, keep: bool) -> None:
        if not endpoints and not keep:
            self.changes.delete(key_of(RESOURCE, current), uid_of(current))
            return
        labels = self._labels()
        if (current.get("endpoints") or []) == endpoints and labels_of(current) == labels:
            return
        annotations = current["metadata"].get("annotations") or {}
        metadata = {
            **current["metadata"],
            "labels": labels,
            "annotations": annotations | {TRIGGER: self.trigger},
        }
        self.changes.update({**current, "metadata": metadata, "endpoints": endpoints})

    def _create(self, group: str, endpoints: list[dict[str, Any]]) -> None:
        family, ports = json.loads(group)
        prefix = generated_prefix(name_of(self.service))
        namespace = namespace_of(self.service)
        parts = (uid_of(self.service), self.now.timestamp(), self.made)
        self.made += 1
        self.changes.create(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": free_name(self.view, RESOURCE, namespace, prefix, *parts),
                    "generateName": prefix,
                    "namespace": namespace,
                    "labels": self._labels(),
                    "annotations": {TRIGGER: self.trigger},
                    "ownerReferences": [owner_reference(self.service)],
                },
                "addressType": family,
                "endpoints": endpoints,
                "ports": ports,
            }
        )

    def _labels(self) -> dict[str, str]:
        labels = dict(labels_of(self.service))
        labels.pop(HEADLESS_LABEL, None)
        labels[SERVICE_NAME] = name_of(self.service)
        labels[MANAGED_BY] = MANAGER
        if is_headless(self.service):
            labels[HEADLESS_LABEL] = ""
        return labels


def _family(address: str) -> str:
    return f"IPv{ipaddress.ip_address(address).version}"


def _group_of(slice_: Object) -> str:
    ports = [
        {
            "name": each.get("name") or "",
            "port": each.get("port"),
            "protocol": each.get("protocol") or "TCP",
            **({"appProtocol": each["appProtocol"]} if each.get("appProtocol") else {}),
        }
        for each in slice_.get("ports") or ()
    ]
    return json.dumps([slice_["addressType"], ports])
