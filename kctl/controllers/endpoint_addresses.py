"""Which pods stand behind a service, at which addresses and ports.

Shared by the endpoints and the endpoint slice controllers, which must not disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from kctl.controllers.common import (
    deleting,
    epoch,
    labels_of,
    matches_labels,
    name_of,
    namespace_of,
    ready_since,
    uid_of,
)
from kctl.controllers.types import Object, View
from kctl.store.types import Key

HEADLESS_LABEL = "service.kubernetes.io/headless"
LABELS = "labels"
"""In the place of a resource: a key that names a set of labels."""
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


def wants_endpoints(service: Object) -> bool:
    """A service with a selector, unless it is only an alias."""
    spec = service["spec"]
    return bool(spec.get("selector")) and spec.get("type") != "ExternalName"


def is_headless(service: Object) -> bool:
    return bool(service["spec"].get("clusterIP") == "None")


def by_labels(pod: Object, view: View) -> Iterable[Key]:
    """A key that stands for the labels of a pod: the many pods of one template ask for
    one look at the services."""
    labels = orjson.dumps(labels_of(pod), option=orjson.OPT_SORT_KEYS)
    return [Key(LABELS, namespace_of(pod), labels.decode())]


def services_behind(keys: Sequence[Key], view: View) -> list[Key]:
    """The services that `keys` mean: services themselves, and those that select labels."""
    services = {key: None for key in keys if key.resource != LABELS}
    changed: dict[str, list[Mapping[str, str]]] = {}
    for key in keys:
        if key.resource == LABELS:
            changed.setdefault(key.namespace, []).append(orjson.loads(key.name))
    for namespace, label_sets in changed.items():
        for service in view.list("services", namespace):
            if not wants_endpoints(service):
                continue
            selector = service["spec"]["selector"]
            if any(matches_labels(selector, labels) for labels in label_sets):
                services[Key("services", namespace, name_of(service))] = None
    return list(services)


class Candidates:
    """The pods that may stand behind services, found by their labels. A namespace is
    listed once, however many of its services a sync is about."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._index: dict[str, dict[tuple[str, str], list[Object]]] = {}

    def of(self, service: Object) -> list[Object]:
        """Selected, with an address, not finished; in the order of their names."""
        selector = service["spec"]["selector"]
        index = self._indexed(namespace_of(service))
        rarest = min((index.get(item, []) for item in selector.items()), key=len)
        return [pod for pod in rarest if matches_labels(selector, labels_of(pod))]

    def _indexed(self, namespace: str) -> dict[tuple[str, str], list[Object]]:
        if namespace not in self._index:
            index: dict[tuple[str, str], list[Object]] = {}
            for pod in self._view.list("pods", namespace):
                if _may_serve(pod):
                    for item in labels_of(pod).items():
                        index.setdefault(item, []).append(pod)
            self._index[namespace] = index
        return self._index[namespace]


def _may_serve(pod: Object) -> bool:
    status = pod.get("status") or {}
    return bool(status.get("podIP")) and status.get("phase") not in ("Succeeded", "Failed")


def publishes_not_ready(service: Object) -> bool:
    return bool(service["spec"].get("publishNotReadyAddresses"))


def is_ready(pod: Object) -> bool:
    return ready_since(pod) is not None


def is_leaving(pod: Object) -> bool:
    return deleting(pod)


def ports_of(service: Object, pod: Object) -> list[dict[str, Any]]:
    """The service's ports as this pod serves them: {"name", "port", "protocol"} and
    appProtocol where set. A named target port that the pod lacks is left out."""
    result = []
    for port in service["spec"].get("ports") or ():
        number = target_port(port, pod)
        if number is None:
            continue
        entry = {
            "name": port.get("name") or "",
            "port": number,
            "protocol": port.get("protocol") or "TCP",
        }
        if port.get("appProtocol"):
            entry["appProtocol"] = port["appProtocol"]
        result.append(entry)
    return result


def target_port(port: Mapping[str, Any], pod: Object) -> int | None:
    """The number behind targetPort: a number, or the name of a container's port."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    protocol = port.get("protocol") or "TCP"
    for container in _serving_containers(pod["spec"]):
        for each in container.get("ports") or ():
            if each.get("name") == target and (each.get("protocol") or "TCP") == protocol:
                return int(each["containerPort"])
    return None


def _serving_containers(spec: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield from spec.get("containers") or ()
    for each in spec.get("initContainers") or ():
        if each.get("restartPolicy") == "Always":
            yield each


def target_ref(pod: Object) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "namespace": namespace_of(pod),
        "name": name_of(pod),
        "uid": uid_of(pod),
    }


def own_hostname(service: Object, pod: Object) -> str:
    """The name that a pod has below the service's name, "" for none."""
    spec = pod["spec"]
    if spec.get("hostname") and spec.get("subdomain") == name_of(service):
        return str(spec["hostname"])
    return ""


def trigger_time(service: Object, pods: Sequence[Object]) -> str:
    """What the newest change of the endpoints goes back to: a pod's readiness, or the
    service's own creation."""
    times = [service["metadata"].get("creationTimestamp") or ""]
    for pod in pods:
        for each in (pod.get("status") or {}).get("conditions") or ():
            if each["type"] == "Ready":
                times.append(each.get("lastTransitionTime") or "")
    return max(times, key=epoch)
