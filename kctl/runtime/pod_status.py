"""From a pod and a container's name to the engine's container, as the pod's status has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]


def containers(pod: Mapping[str, Any]) -> list[Object]:
    """All that the pod has: those of the initialisation first, those added later last."""
    spec = pod["spec"]
    parts = ("initContainers", "containers", "ephemeralContainers")
    return [each for part in parts for each in spec.get(part) or []]


def container_names(pod: Mapping[str, Any]) -> list[str]:
    return [each["name"] for each in containers(pod)]


def spec_of(pod: Mapping[str, Any], name: str) -> Object:
    """A copy of the container of that name. Raises KeyError."""
    for each in containers(pod):
        if each["name"] == name:
            return dict(each)
    raise KeyError(f"pod {pod['metadata']['name']} has no container {name}")


def is_ephemeral(pod: Mapping[str, Any], name: str) -> bool:
    """It was added to the pod, and is never started again."""
    return any(each["name"] == name for each in pod["spec"].get("ephemeralContainers") or [])


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
