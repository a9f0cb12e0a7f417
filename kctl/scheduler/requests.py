"""What a pod asks of a node: resources and host ports.

https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers:
init containers run one after the other, so the greatest counts against the sum of the
containers; a sidecar (an init container that restarts always) runs beside all that follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kctl.scheduler.amounts import add, add_to, largest, parse
from kctl.scheduler.types import Object, Resources

_USUAL = {"cpu": "100m", "memory": "200Mi"}
_LIMIT = 4096
_cache: dict[str, tuple[Any, Resources, Resources]] = {}
"""By uid: the spec that the sums were made of, and the sums. A spec is compared by
identity, so a changed pod is summed anew."""


def requests_of(pod: Object) -> Resources:
    """What the pod requests; one pod counts itself in `pods`."""
    return _sums(pod)[0]


def usual_requests_of(pod: Object) -> Resources:
    """The same with a small amount for containers that request nothing."""
    return _sums(pod)[1]


def _sums(pod: Object) -> tuple[Resources, Resources]:
    uid, spec = pod["metadata"].get("uid", ""), pod["spec"]
    known = _cache.get(uid)
    if known is not None and known[0] is spec:
        return known[1], known[2]
    sums = _sum(spec, {}), _sum(spec, _USUAL)
    if len(_cache) >= _LIMIT:
        _cache.clear()
    _cache[uid] = (spec, *sums)
    return sums


def _sum(spec: Mapping[str, Any], least: dict[str, Any]) -> Resources:
    running = Resources()
    for container in spec.get("containers") or ():
        add_to(running, least | _requested(container))
    sidecars, starting = Resources(), Resources()
    for container in spec.get("initContainers") or ():
        asked = parse(least | _requested(container))
        if container.get("restartPolicy") == "Always":
            add(sidecars, asked)
            starting = largest(starting, sidecars)
        else:
            add(asked, sidecars)
            starting = largest(starting, asked)
    add(running, sidecars)
    total = largest(running, starting)
    _take_pod_level(total, spec)
    add_to(total, spec.get("overhead") or {})
    total.pods = 1
    return total


def _requested(container: Mapping[str, Any]) -> dict[str, Any]:
    return dict((container.get("resources") or {}).get("requests") or {})


def _take_pod_level(total: Resources, spec: Mapping[str, Any]) -> None:
    """Requests of the pod as a whole stand for the sum of its containers."""
    asked = _requested(spec)
    if "cpu" in asked:
        total.milli_cpu = parse(asked).milli_cpu
    if "memory" in asked:
        total.memory = parse(asked).memory


def host_ports_of(pod: Object) -> Iterator[tuple[str, str, int]]:
    """(address, protocol, port) for every host port; the wildcard address is "0.0.0.0"."""
    spec = pod["spec"]
    sidecars = (
        each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"
    )
    for container in (*(spec.get("containers") or ()), *sidecars):
        for port in container.get("ports") or ():
            number = port.get("hostPort", 0)
            if spec.get("hostNetwork"):
                number = number or port["containerPort"]
            if number:
                yield (port.get("hostIP") or "0.0.0.0", port.get("protocol") or "TCP", number)
