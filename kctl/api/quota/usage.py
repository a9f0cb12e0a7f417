"""What an object counts for in a ResourceQuota.

https://kubernetes.io/docs/concepts/policy/resource-quotas/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from kctl.api import quantity

Object = dict[str, Any]
Usage = dict[str, str]
"""Resource name -> quantity."""

COMPUTE = ("cpu", "memory", "ephemeral-storage")
_PLAIN_COUNTS = {
    "configmaps": "configmaps",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "replicationcontrollers": "replicationcontrollers",
    "resourcequotas": "resourcequotas",
    "secrets": "secrets",
    "services": "services",
    "pods": "pods",
}
"""Resource of the API -> the older name under which a quota counts it."""


def resource_of(name: str) -> str | None:
    """The resource of the API that a name in `hard` is about ("pods", "jobs.batch"); None
    where nothing is ever counted for it."""
    if name.startswith("count/"):
        return name.removeprefix("count/")
    if name.startswith("services."):
        return "services"
    if name in _PLAIN_COUNTS:
        return name
    if name in COMPUTE or name.partition(".")[0] in ("requests", "limits"):
        return None if name == "requests.storage" else "pods"
    return "pods" if name.startswith("hugepages-") else None


def usage_of(resource: str, obj: Object, wanted: Iterable[str]) -> Usage:
    """Of the names in `wanted` what an object of `resource` counts for."""
    found = {f"count/{resource}": "1"}
    if resource == "pods":
        found |= _pod(obj) if _at_work(obj) else {}
    elif resource in _PLAIN_COUNTS:
        found[resource] = "1"
        if resource == "services":
            found |= _service(obj["spec"])
    return {name: found[name] for name in wanted if name in found}


def total(usages: Iterable[Usage], wanted: Iterable[str]) -> Usage:
    """The sum for each of `wanted`; "0" for what nothing counts for."""
    listed = list(usages)
    return {name: quantity.add(each.get(name, "0") for each in listed) for name in wanted}


def _at_work(pod: Object) -> bool:
    """Pods that have ended hold nothing; nor do those that are about to be gone."""
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return False
    meta = pod["metadata"]
    return not (meta.get("deletionTimestamp") and meta.get("deletionGracePeriodSeconds") == 0)


def _pod(pod: Object) -> Usage:
    found = {"pods": "1"}
    for group in ("requests", "limits"):
        for name, amount in pod_sums(pod["spec"], group).items():
            found[f"{group}.{name}"] = amount
            if group == "requests" and (name in COMPUTE or name.startswith("hugepages-")):
                found[name] = amount
    return found


def pod_sums(spec: Mapping[str, Any], group: str) -> Usage:
    """The larger of what the containers ask for together and what starting them takes."""
    running: Usage = {}
    starting: Usage = {}
    sidecars: Usage = {}
    for container in spec.get("containers") or ():
        running = _plus(running, _asked(container, group))
    for container in spec.get("initContainers") or ():
        asked = _asked(container, group)
        if container.get("restartPolicy") == "Always":
            sidecars = _plus(sidecars, asked)
            starting = _larger(starting, sidecars)
        else:
            starting = _larger(starting, _plus(sidecars, asked))
    whole = _larger(_plus(running, sidecars), starting)
    whole |= _asked(spec, group)  # resources of the pod as a whole
    return _plus(whole, dict(spec.get("overhead") or {}))


def _asked(container: Mapping[str, Any], group: str) -> Usage:
    found = (container.get("resources") or {}).get(group) or {}
    return {name: str(amount) for name, amount in found.items()}


def _plus(one: Usage, other: Usage) -> Usage:
    return {
        name: quantity.add([one.get(name, "0"), other.get(name, "0")]) for name in {**one, **other}
    }


def _larger(one: Usage, other: Usage) -> Usage:
    return {
        name: max(one.get(name, "0"), other.get(name, "0"), key=quantity.parse)
        for name in {**one, **other}
    }


def _service(spec: Mapping[str, Any]) -> Usage:
    ports = len(spec.get("ports") or ())
    kind = spec.get("type")
    balanced = kind == "LoadBalancer"
    without = balanced and spec.get("allocateLoadBalancerNodePorts") is False
    if without:
        ports = sum(1 for each in spec.get("ports") or () if each.get("nodePort"))
    return {
        "services.nodeports": str(ports if balanced or kind == "NodePort" else 0),
        "services.loadbalancers": "1" if balanced else "0",
    }


def missing(pod: Object, wanted: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """(resource, containers): what a quota counts and containers do not say."""
    spec = pod["spec"]
    listed = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    for name in sorted(wanted):
        group, dot, resource = name.partition(".")
        if not dot:
            group, resource = "requests", name
        if resource not in ("cpu", "memory") or group not in ("requests", "limits"):
            continue
        without = sorted(
            each.get("name", "") for each in listed if resource not in _asked(each, group)
        )
        if without:
            yield name, without


def exceeded(used: Usage, added: Usage, hard: Usage) -> list[str]:
    """The names, sorted, for which `used` and `added` are more than `hard`."""
    return sorted(
        name
        for name, amount in added.items()
        if quantity.parse(amount) > Decimal(0)
        and quantity.parse(used.get(name, "0")) + quantity.parse(amount)
        > quantity.parse(hard[name])
    )
