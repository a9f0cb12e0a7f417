"""status.phase from the containers, by the kubelet's rules.

https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kctl.controllers.pod.specs import ContainerSpec

Status = Mapping[str, Any]


def phase(specs: Iterable[ContainerSpec], statuses: Mapping[str, Status]) -> str:
    """`statuses` by container name, one for each container."""
    specs = list(specs)
    inits = [statuses[each.name] for each in specs if each.role == "init"]
    apps = [statuses[each.name] for each in specs if each.role == "app"]
    begun = any("waiting" not in each["state"] or each["lastState"] for each in apps)
    if any(_given_up(each, statuses[each.name]) for each in specs if each.role == "init"):
        return "Failed"
    if any(not _succeeded(each) for each in inits) and not begun:
        return "Pending"
    if not begun and any(
        not statuses[each.name]["started"] for each in specs if each.role == "sidecar"
    ):
        return "Pending"
    again = any(_again(each, statuses[each.name]) for each in specs if each.role == "app")
    return _of_apps(apps, again)


def _of_apps(apps: list[Status], again: bool) -> str:
    """`again`: one of them ended and is to run again."""
    never_ran = [each for each in apps if "waiting" in each["state"] and not each["lastState"]]
    if never_ran:
        return "Pending"
    if again or not all("terminated" in each["state"] for each in apps):
        return "Running"
    return "Succeeded" if all(_succeeded(each) for each in apps) else "Failed"


def _succeeded(status: Status) -> bool:
    ended = status["state"].get("terminated")
    return ended is not None and ended["exitCode"] == 0


def _again(spec: ContainerSpec, status: Status) -> bool:
    ended = status["state"].get("terminated")
    return ended is not None and spec.restarts_after(ended["exitCode"])


def _given_up(spec: ContainerSpec, status: Status) -> bool:
    ended = status["state"].get("terminated")
    return ended is not None and ended["exitCode"] != 0 and not _again(spec, status)
