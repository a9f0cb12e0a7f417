"""The pod's conditions, with the kubelet's reasons and messages.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kctl.controllers.pod.specs import ContainerSpec
from kctl.controllers.types import Object

Condition = dict[str, Any]
OWN = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady")
"""In the order in which the kubelet lists them, before those of others."""


@dataclass(frozen=True)
class Finding:
    """What a condition is to say."""

    holds: bool
    reason: str = ""
    message: str = ""


def conditions(
    pod: Object,
    specs: Iterable[ContainerSpec],
    statuses: Mapping[str, Mapping[str, Any]],
    phase: str,
    has_sandbox: bool,
    now: str,
) -> list[Condition]:
    """The whole list: ours anew with their transition times kept, others' untouched."""
    specs = list(specs)
    containers_ready = _containers_ready(specs, statuses, phase)
    findings = {
        "PodReadyToStartContainers": Finding(has_sandbox),
        "Initialized": _initialized(specs, statuses, phase),
        "Ready": _ready(pod, containers_ready),
        "ContainersReady": containers_ready,
    }
    stored = list((pod.get("status") or {}).get("conditions") or ())
    before = {each["type"]: each for each in stored}
    generation = pod["metadata"].get("generation")
    ours = [_condition(name, findings[name], before.get(name), generation, now) for name in OWN]
    return ours + [each for each in stored if each["type"] not in OWN]


def _condition(
    type_: str,
    finding: Finding,
    before: Mapping[str, Any] | None,
    generation: int | None,
    now: str,
) -> Condition:
    status = "True" if finding.holds else "False"
    condition: Condition = {"type": type_, "status": status, "lastProbeTime": None}
    same = before is not None and before["status"] == status
    condition["lastTransitionTime"] = before["lastTransitionTime"] if before and same else now
    if finding.reason:
        condition["reason"] = finding.reason
    if finding.message:
        condition["message"] = finding.message
    if generation is not None:
        condition["observedGeneration"] = generation
    return condition


def _initialized(
    specs: Sequence[ContainerSpec], statuses: Mapping[str, Mapping[str, Any]], phase: str
) -> Finding:
    if phase == "Succeeded":
        return Finding(True, "PodCompleted")
    apps = [statuses[each.name] for each in specs if each.role == "app"]
    if any("waiting" not in each["state"] or each["lastState"] for each in apps):
        return Finding(True)
    incomplete = [
        each.name
        for each in specs
        if (each.role == "init" and not statuses[each.name]["ready"])
        or (each.role == "sidecar" and not statuses[each.name]["started"])
    ]
    if not incomplete:
        return Finding(True)
    message = f"containers with incomplete status: {_listed(incomplete)}"
    return Finding(False, "ContainersNotInitialized", message)


def _containers_ready(
    specs: Sequence[ContainerSpec], statuses: Mapping[str, Mapping[str, Any]], phase: str
) -> Finding:
    if phase == "Succeeded":
        return Finding(False, "PodCompleted")
    if phase == "Failed":
        return Finding(False, "PodFailed")
    unready = [
        each.name
        for each in specs
        if each.role in ("sidecar", "app") and not statuses[each.name]["ready"]
    ]
    if not unready:
        return Finding(True)
    message = f"containers with unready status: {_listed(unready)}"
    return Finding(False, "ContainersNotReady", message)


def _ready(pod: Object, containers: Finding) -> Finding:
    """Ready containers, and every readiness gate."""
    if not containers.holds:
        return containers
    found = {
        each["type"]: each["status"] for each in (pod.get("status") or {}).get("conditions") or ()
    }
    messages = []
    for gate in pod["spec"].get("readinessGates") or ():
        name = gate["conditionType"]
        if name not in found:
            messages.append(
                f'corresponding condition of pod readiness gate "{name}" does not exist.'
            )
        elif found[name] != "True":
            messages.append(
                f'the status of pod readiness gate "{name}" is not "True", but {found[name]}'
            )
    if messages:
        return Finding(False, "ReadinessGatesNotReady", ", ".join(messages))
    return Finding(True)


def _listed(names: Sequence[str]) -> str:
    return "[" + " ".join(names) + "]"
