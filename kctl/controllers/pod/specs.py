"""The containers of a pod's spec, in the order in which they start, and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kctl.controllers.types import Object

Role = Literal["init", "sidecar", "app", "ephemeral"]
"""An ephemeral container was added to a pod that runs: it is no part of what the pod is for."""


_LISTED = {"ephemeral": "ephemeralContainers"}


@dataclass(frozen=True)
class ContainerSpec:
    """One container of a pod. A sidecar is an init container with restartPolicy Always."""

    name: str
    role: Role
    spec: Mapping[str, Any]
    pod_policy: str

    @property
    def init(self) -> bool:
        """It stands among the init containers."""
        return self.role in ("init", "sidecar")

    @property
    def field_path(self) -> str:
        """As events name it."""
        listed = "initContainers" if self.init else _LISTED.get(self.role, "containers")
        return f"spec.{listed}{{{self.name}}}"

    def restarts_after(self, exit_code: int) -> bool:
        """Whether a container that ended so is to run again."""
        if self.role in ("sidecar", "ephemeral"):
            return self.role == "sidecar"
        if self.role == "init":
            return exit_code != 0 and self.pod_policy != "Never"
        return self.pod_policy == "Always" or (self.pod_policy == "OnFailure" and exit_code != 0)

    def restarts_when_lost(self) -> bool:
        """Whether it runs again when nobody knows how it ended."""
        if self.role == "ephemeral":
            return False
        return self.role == "sidecar" or self.pod_policy != "Never"


def containers(pod: Object) -> list[ContainerSpec]:
    """Init containers first, in order, then the others; what was added later last."""
    spec = pod["spec"]
    policy = spec.get("restartPolicy") or "Always"
    listed = [
        ContainerSpec(
            each["name"],
            "sidecar" if each.get("restartPolicy") == "Always" else "init",
            each,
            each.get("restartPolicy") or policy,
        )
        for each in spec.get("initContainers") or ()
    ]
    listed += [
        ContainerSpec(each["name"], "app", each, each.get("restartPolicy") or policy)
        for each in spec["containers"]
    ]
    added = spec.get("ephemeralContainers") or ()
    return listed + [ContainerSpec(each["name"], "ephemeral", each, "Never") for each in added]
