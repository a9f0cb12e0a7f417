"""Pods stay a while on a node that stops answering: Kubernetes' DefaultTolerationSeconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.kind import Request

_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


class DefaultTolerations:
    """Adds the tolerations that a new pod does not bring itself; how long is the setting
    "pod-eviction-timeout", in seconds."""

    name = "DefaultTolerationSeconds"

    def admit(self, request: Request) -> None:
        if request.operation != "CREATE" or request.kind.resource != "pods" or not request.obj:
            return
        spec = request.obj["spec"]
        tolerations = list(spec.get("tolerations") or ())
        missing = [taint for taint in _TAINTS if not _tolerated(tolerations, taint)]
        if missing:
            seconds = int(request.setting("pod-eviction-timeout"))
            spec["tolerations"] = tolerations + [_toleration(taint, seconds) for taint in missing]


def _tolerated(tolerations: list[Mapping[str, Any]], taint: str) -> bool:
    return any(
        each.get("key") in (taint, "", None) and each.get("effect") in ("NoExecute", "", None)
        for each in tolerations
    )


def _toleration(taint: str, seconds: int) -> dict[str, Any]:
    return {
        "key": taint,
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": seconds,
    }
