"""From a pod and a container's name to the engine's container, as the pod's status has it."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def container_names(pod: Object) -> list[str]:
    """Of all containers: those of the initialisation first."""
    spec = pod["spec"]
    parts = ("initContainers", "containers", "ephemeralContainers")
    return [each["name"] for part in parts for each in spec.get(part) or []]


def status_of(pod: Object, container: str) -> Object:
    """The container's status, {} where there is none yet."""
    status = pod.get("status") or {}
    for part in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        for each in status.get(part) or []:
            if each["name"] == container:
                found: Object = each
                return found
    return {}


def engine_id(container_id: str) -> str:
    """ "docker://abc" as the engine's own "abc"."""
    return container_id.rpartition("://")[2]


def is_running(status: Object) -> bool:
    """Of a container's status."""
    return (status.get("state") or {}).get("running") is not None
