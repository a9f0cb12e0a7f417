"""What a pod's READY, STATUS and RESTARTS cells say, from its status alone.

Follows the order of kubectl's server-side printer for pods: init containers in order,
then the containers from the last to the first, then deletion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kctl.api.kind import Cell, Object
from kctl.api.kinds.cells import epoch

_GATED = ("PodScheduled", "SchedulingGated")
_TERMINAL = ("Succeeded", "Failed")


class _Restarts:
    """A sum of restarts, and when the newest container that they replaced ended."""

    def __init__(self) -> None:
        self.count = 0
        self.last = ""

    def add(self, status: Mapping[str, Any]) -> None:
        self.count += status.get("restartCount") or 0
        ended = (status.get("lastState") or {}).get("terminated")
        if ended:
            self.last = max(self.last, ended.get("finishedAt") or "")

    def cell(self) -> Cell:
        if self.count and self.last:
            return [f"{self.count} (", epoch(self.last), " ago)"]
        return str(self.count)


def summary(pod: Object) -> tuple[str, str, Cell]:
    """The cells READY ("1/2"), STATUS and RESTARTS."""
    status = pod.get("status") or {}
    spec = pod["spec"]
    conditions = status.get("conditions") or ()
    reason = status.get("reason") or status.get("phase") or ""
    for condition in conditions:
        if (condition.get("type"), condition.get("reason")) == _GATED:
            reason = "SchedulingGated"
    ready, total, restarts = 0, len(spec["containers"]), _Restarts()
    initializing = False
    sidecar_restarts = _Restarts()
    if spec.get("initContainers"):
        sidecars = restartable(spec["initContainers"])
        total += len(sidecars)
        ready, waiting_for = _init(status, spec, sidecars, restarts, sidecar_restarts)
        initializing = waiting_for != ""
        reason = waiting_for or reason
    if not initializing or _is_true(conditions, "Initialized"):
        restarts = sidecar_restarts
        running, reason = _main(status.get("containerStatuses") or (), reason, restarts)
        ready += running
        if reason == "Completed" and running:
            reason = "Running" if _is_true(conditions, "Ready") else "NotReady"
    if pod["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif status.get("phase") not in _TERMINAL:
            reason = "Terminating"
    return f"{ready}/{total}", reason, restarts.cell()


def restartable(init_containers: Iterable[Mapping[str, Any]]) -> set[str]:
    """Names of the init containers that keep running (sidecars)."""
    return {each["name"] for each in init_containers if each.get("restartPolicy") == "Always"}


def _is_true(conditions: Iterable[Mapping[str, Any]], wanted: str) -> bool:
    return any(each.get("type") == wanted and each.get("status") == "True" for each in conditions)


def _init(
    status: Mapping[str, Any],
    spec: Mapping[str, Any],
    sidecars: set[str],
    restarts: _Restarts,
    sidecar_restarts: _Restarts,
) -> tuple[int, str]:
    """Ready sidecars, and "Init:..." while an init container is in the way."""
    ready = 0
    for at, container in enumerate(status.get("initContainerStatuses") or ()):
        restarts.add(container)
        sidecar = container.get("name") in sidecars
        if sidecar:
            sidecar_restarts.add(container)
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting")
        if terminated is not None and terminated.get("exitCode", 0) == 0:
            continue
        if sidecar and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        if terminated is not None:
            return ready, "Init:" + (terminated.get("reason") or _ending(terminated))
        if waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            return ready, "Init:" + waiting["reason"]
        return ready, f"Init:{at}/{len(spec['initContainers'])}"
    return ready, ""


def _main(
    statuses: Iterable[Mapping[str, Any]], reason: str, restarts: _Restarts
) -> tuple[int, str]:
    """Ready running containers, and the reason of the first container that has one."""
    ready = 0
    for container in reversed(list(statuses)):
        restarts.add(container)
        state = container.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting")
        if waiting and waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated is not None:
            reason = terminated.get("reason") or _ending(terminated)
        elif container.get("ready") and "running" in state:
            ready += 1
    return ready, reason


def _ending(terminated: Mapping[str, Any]) -> str:
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"
