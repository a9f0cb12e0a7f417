"""status.phase from the containers, by the kubelet's rules.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kctl.controllers.pod.specs import ContainerSpec

Status = Mapping[str, Any]


def phase(specs: Iterable[ContainerSpec], statuses: Mapping[str, Status], policy: str) -> str:
    """`statuses` by container name, one for each container."""
    specs = list(specs)
    inits = [statuses[each.name] for each in specs if each.role == "init"]
    apps = [statuses[each.name] for each in specs if each.role == "app"]
    begun = any("waiting" not in each["state"] or each["lastState"] for each in apps)
    if policy == "Never" and any(_failed(each) for each in inits):
        return "Failed"
    if any(not _succeeded(each) for each in inits) and not begun:
        return "Pending"
    if not begun and any(
        not statuses[each.name]["started"] for each in specs if each.role == "sidecar"
    ):
        return "Pending"
    return _of_apps(apps, policy)


def _of_apps(apps: list[Status], policy: str) -> str:
    never_ran = [each for each in apps if "waiting" in each["state"] and not each["lastState"]]
    if never_ran:
        return "Pending"
    if any("running" in each["state"] for each in apps) or policy == "Always":
        return "Running"
    if any("waiting" in each["state"] for each in apps):
        return "Running"
    if all(_succeeded(each) for each in apps):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _succeeded(status: Status) -> bool:
    ended = status["state"].get("terminated")
    return ended is not None and ended["exitCode"] == 0


def _failed(status: Status) -> bool:
    ended = status["state"].get("terminated")
    return ended is not None and ended["exitCode"] != 0
