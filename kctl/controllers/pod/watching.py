"""Which pods a change concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kctl.controllers.common import condition, deleting, key_of
from kctl.controllers.types import Mapper, Object, View
from kctl.store.types import Key


def itself(pod: Object, view: View) -> Iterable[Key]:
    """A pod; where it is gone, the node that may still run its containers."""
    yield key_of("pods", pod)
    node = pod["spec"].get("nodeName")
    meta = pod["metadata"]
    if not node:
        return
    current = view.get("pods", meta["namespace"], meta["name"])
    same = current is not None and current["metadata"]["uid"] == meta["uid"]
    if current is None or not same or current["spec"].get("nodeName") != node:
        yield Key("nodes", "", node)


def of_node(node: Object, view: View) -> Iterable[Key]:
    """The node, and those of its pods that may be waiting for it; all of them as long as
    the node is not known to be ready, since it may just have come back."""
    name = node["metadata"]["name"]
    yield Key("nodes", "", name)
    ready = condition(node, "Ready")
    all_of_them = ready is None or ready["status"] != "True"
    for pod in view.on_node(name):
        phase = (pod.get("status") or {}).get("phase")
        if all_of_them or phase in (None, "", "Pending") or deleting(pod):
            yield key_of("pods", pod)


def referring(kind: str) -> Mapper:
    """Pods that wait for a config map ("configMap") or secret ("secret") of that name."""

    def mapper(obj: Object, view: View) -> Iterable[Key]:
        meta = obj["metadata"]
        for pod in view.list("pods", meta["namespace"]):
            if _waits(pod) and meta["name"] in set(_names(pod, kind)):
                yield key_of("pods", pod)

    return mapper


def _waits(pod: Object) -> bool:
    """A container that runs keeps what it was started with."""
    status = pod.get("status") or {}
    return any(
        "waiting" in each.get("state", {})
        for listed in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
        for each in status.get(listed) or ()
    )


def _names(pod: Object, kind: str) -> Iterator[str]:
    spec = pod["spec"]
    for container in (
        *spec["containers"],
        *(spec.get("initContainers") or ()),
        *(spec.get("ephemeralContainers") or ()),
    ):
        for source in container.get("envFrom") or ():
            yield (source.get(f"{kind}Ref") or {}).get("name", "")
        for variable in container.get("env") or ():
            reference = (variable.get("valueFrom") or {}).get(f"{kind}KeyRef") or {}
            yield reference.get("name", "")
    for volume in spec.get("volumes") or ():
        sources: list[Any] = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            named = source.get(kind) or {}
            yield named.get("name") or named.get("secretName") or ""
