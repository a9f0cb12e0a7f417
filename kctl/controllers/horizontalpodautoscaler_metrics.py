"""How many replicas one metric asks for.

https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details:
the ratio of what is used to what should be, over the pods that are ready and measured; pods
that are not count cautiously, so that they never turn the direction of a change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kctl.api import quantity
from kctl.controllers.common import condition, deleting, epoch, name_of, uid_of
from kctl.controllers.types import Object, View
from kctl.runtime.stats import Rate

INITIALIZATION = 300.0
"""Seconds in which the CPU time of a pod that is not ready yet does not count."""
INITIAL_READINESS = 30.0
"""Seconds in which a pod that becomes unready was never ready."""
_NO_READY = "did not receive metrics for targeted pods (pods might be unready)"


class Unable(Exception):
    """There is no number; `reason` is the condition's."""

    def __init__(self, message: str, reason: str = "FailedGetResourceMetric") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far from 1 a ratio may be without a change."""

    down: float
    up: float

    def holds(self, ratio: float) -> bool:
        return 1.0 - self.down <= ratio <= 1.0 + self.up


@dataclass(frozen=True, slots=True)
class Measured:
    """What a pod uses of one resource, in thousandths."""

    value: int
    at: float
    window: float


@dataclass(frozen=True, slots=True)
class Situation:
    """What a proposal is made of. `pods` are all that the target selects."""

    current: int
    pods: Sequence[Object]
    view: View
    tolerance: Tolerance
    now: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    replicas: int
    name: str
    """of the metric, for people"""
    status: Object
    """its entry in status.currentMetrics"""


def propose(metric: Mapping[str, Any], situation: Situation) -> Proposal:
    """Raises Unable."""
    match metric["type"]:
        case "Resource":
            return _resource(metric["resource"], situation, "")
        case "ContainerResource":
            source = metric["containerResource"]
            return _resource(source, situation, source["container"])
    raise _unavailable(metric)


def _unavailable(metric: Mapping[str, Any]) -> Unable:
    """kctl measures what pods use; nobody serves other metrics."""
    if metric["type"] == "External":
        name, group = metric["external"]["metric"]["name"], "external.metrics.k8s.io"
        why = f"unable to fetch metrics from external metrics API: no {group} API registered"
        return Unable(f"unable to get external metric {name}: {why}", "FailedGetExternalMetric")
    kind = metric["type"]
    name = metric[kind.lower()]["metric"]["name"]
    why = (
        "unable to fetch metrics from custom metrics API: no custom metrics API "
        "(custom.metrics.k8s.io) registered"
    )
    return Unable(f"unable to get metric {name}: {why}", f"FailedGet{kind}Metric")


# --- resources ---


def _resource(source: Mapping[str, Any], situation: Situation, container: str) -> Proposal:
    name, target = source["name"], source["target"]
    kind = "container resource" if container else "resource"
    reason = "FailedGetContainerResourceMetric" if container else "FailedGetResourceMetric"
    member = "containerResource" if container else "resource"
    raw = target.get("averageValue") is not None
    word = "usage" if raw else "utilization"
    try:
        measured = _measured(situation, name, container)
        if raw:
            wanted = _milli(target["averageValue"])
            replicas, current = _by_value(situation, name, measured, wanted)
        else:
            wanted = target["averageUtilization"]
            replicas, current = _by_share(situation, name, container, measured, wanted)
    except Unable as error:
        raise Unable(f"failed to get {name} {word}: {error}", reason) from None
    shown = {"name": name, "current": current} | ({"container": container} if container else {})
    share = "" if raw else " utilization (percentage of request)"
    return Proposal(
        replicas,
        f"{name} {kind}{share}",
        {"type": "ContainerResource" if container else "Resource", member: shown},
    )


def _by_share(
    situation: Situation, name: str, container: str, measured: Mapping[str, Measured], wanted: int
) -> tuple[int, Object]:
    """After a percentage of the requests."""
    requests = {name_of(pod): _requested(pod, name, container) for pod in situation.pods}

    def utilization(values: Mapping[str, int]) -> int:
        asked = sum(requests[pod] for pod in values)
        if not asked:
            raise Unable("no metrics returned matched known pods")
        return sum(values.values()) * 100 // asked

    def at_most(pod: str) -> int:
        return requests[pod] * max(100, wanted) // 100

    counted: dict[str, int] = {}
    replicas = _replicas(
        situation,
        name,
        measured,
        ratio=lambda values: utilization(values) / wanted,
        at_most=at_most,
        counted=counted,
    )
    average = sum(counted.values()) // len(counted)
    return replicas, {
        "averageUtilization": utilization(counted),
        "averageValue": _quantity(average),
    }


def _by_value(
    situation: Situation, name: str, measured: Mapping[str, Measured], wanted: int
) -> tuple[int, Object]:
    """After an amount for each pod."""
    counted: dict[str, int] = {}
    replicas = _replicas(
        situation,
        name,
        measured,
        ratio=lambda values: sum(values.values()) // len(values) / wanted,
        at_most=lambda pod: wanted,
        counted=counted,
    )
    return replicas, {"averageValue": _quantity(sum(counted.values()) // len(counted))}


def _replicas(
    situation: Situation,
    resource: str,
    measured: Mapping[str, Measured],
    *,
    ratio: Callable[[Mapping[str, int]], float],
    at_most: Callable[[str], int],
    counted: dict[str, int],
) -> int:
    """`ratio` of values by pod; `at_most`: what a pod without a measurement may use when the
    others use too little. The values that counted go into `counted`. Raises Unable."""
    unready, missing = _apart(situation, resource, measured, counted)
    if not counted:
        raise Unable(_NO_READY)
    first = ratio(counted)
    current, values = situation.current, dict(counted)
    if not missing and not (unready and first > 1.0):
        holds = situation.tolerance.holds(first)
        return current if holds else math.ceil(first * len(values))
    if first < 1.0:
        values |= {pod: at_most(pod) for pod in missing}
    elif first > 1.0:
        values |= dict.fromkeys((*missing, *unready), 0)
    second = ratio(values)
    turned = (first < 1.0 < second) or (second < 1.0 < first)
    if situation.tolerance.holds(second) or turned:
        return current
    wanted = math.ceil(second * len(values))
    if (second < 1.0 and wanted > current) or (second > 1.0 and wanted < current):
        return current
    return wanted


def _apart(
    situation: Situation,
    resource: str,
    measured: Mapping[str, Measured],
    counted: dict[str, int],
) -> tuple[list[str], list[str]]:
    """The pods that are not ready, and those without a measurement; the others' values go into
    `counted`. Pods that failed or leave count for nothing."""
    unready: list[str] = []
    missing: list[str] = []
    for pod in situation.pods:
        name, phase = name_of(pod), pod.get("status", {}).get("phase")
        if deleting(pod) or phase == "Failed":
            continue
        if phase == "Pending":
            unready.append(name)
        elif name not in measured:
            missing.append(name)
        elif resource == "cpu" and _cpu_is_no_sign(pod, measured[name], situation.now):
            unready.append(name)
        else:
            counted[name] = measured[name].value
    return unready, missing


def _cpu_is_no_sign(pod: Object, measured: Measured, now: datetime) -> bool:
    """Whether the CPU time of a pod is that of its start, or it was never ready."""
    ready, started = condition(pod, "Ready"), pod.get("status", {}).get("startTime")
    if ready is None or not started:
        return True
    since, changed = epoch(started), epoch(ready.get("lastTransitionTime"))
    unready = ready["status"] == "False"
    if since + INITIALIZATION > now.timestamp():
        return unready or measured.at < changed + measured.window
    return unready and since + INITIAL_READINESS > changed


# --- amounts ---


def _measured(situation: Situation, resource: str, container: str) -> dict[str, Measured]:
    """By pod name; a pod without all its containers is left out. Raises Unable."""
    found = {}
    for pod in situation.pods:
        node = pod["spec"].get("nodeName") or ""
        rates = situation.view.usage(node, uid_of(pod)) or {}
        wanted = [rate for name, rate in rates.items() if not container or name == container]
        if wanted:
            oldest = min(wanted, key=lambda each: each.at)
            value = sum(_amount(rate, resource) for rate in wanted)
            found[name_of(pod)] = Measured(value, oldest.at, oldest.window)
    if not found:
        why = "no metrics returned from resource metrics API"
        raise Unable(f"unable to get metrics for resource {resource}: {why}")
    return found


def _amount(rate: Rate, resource: str) -> int:
    if resource == "cpu":
        return math.ceil(round(rate.cpu * 1e9) / 1_000_000)
    if resource == "memory":
        return rate.memory * 1000
    why = "no metrics returned from resource metrics API"
    raise Unable(f"unable to get metrics for resource {resource}: {why}")


def _requested(pod: Object, resource: str, container: str) -> int:
    """Thousandths. Raises Unable where a container asks for nothing."""
    spec = pod["spec"]
    lasting = [
        each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"
    ]
    total = 0
    for each in (*spec["containers"], *lasting):
        if container and each["name"] != container:
            continue
        asked = ((each.get("resources") or {}).get("requests") or {}).get(resource)
        if asked is None:
            raise Unable(
                f"missing request for {resource} in container {each['name']} of Pod {name_of(pod)}"
            )
        total += _milli(asked)
    return total


def _milli(text: str) -> int:
    return math.ceil(quantity.parse(text) * 1000)


def _quantity(milli: int) -> str:
    return quantity.render(Decimal(milli) / 1000)
