"""status of a pod, whole, as its node's kubelet would report it."""

from __future__ import annotations

from typing import Any

from kctl.controllers.common import pod_finished
from kctl.controllers.pod import network
from kctl.controllers.pod.conditions import conditions
from kctl.controllers.pod.container_status import container_status, stamp
from kctl.controllers.pod.context import PodContext
from kctl.controllers.pod.phase import phase
from kctl.controllers.pod.runs import shares_sandbox

_KEPT = (
    "qosClass",
    "nominatedNodeName",
    "resourceClaimStatuses",
    "resize",
)
"""What others say, or said once and for all."""
_LISTS = {
    "initContainerStatuses": ("init", "sidecar"),
    "containerStatuses": ("app",),
    "ephemeralContainerStatuses": ("ephemeral",),
}


def report(context: PodContext) -> None:
    """Write the status where it differs from what is stored."""
    status = _status(context)
    if status != (context.pod.get("status") or {}):
        context.changes.update_status({**context.pod, "status": status})


def _status(context: PodContext) -> dict[str, Any]:
    stored = context.pod.get("status") or {}
    specs = [run.container for run in context.runs.values()]
    statuses = {name: container_status(context, run) for name, run in context.runs.items()}
    current, reason, message = _verdict(context) or (phase(specs, statuses), "", "")
    status: dict[str, Any] = {}
    if "generation" in context.pod["metadata"]:
        status["observedGeneration"] = context.pod["metadata"]["generation"]
    status["phase"] = current
    now = stamp(context.now)
    status["conditions"] = conditions(
        context.pod, specs, statuses, current, _has_sandbox(context, current), now
    )
    if reason:
        status["reason"] = reason
    if message:
        status["message"] = message
    _addresses(context, status)
    status["startTime"] = stored.get("startTime") or now
    for listed, roles in _LISTS.items():
        entries = [statuses[each.name] for each in specs if each.role in roles]
        if entries:
            status[listed] = entries
    for name in _KEPT:
        if name in stored:
            status[name] = stored[name]
    return status


def _verdict(context: PodContext) -> tuple[str, str, str] | None:
    """A pod that finished stays so, for the reason that was given."""
    if pod_finished(context.pod):
        stored = context.pod["status"]
        return stored["phase"], stored.get("reason", ""), stored.get("message", "")
    return context.verdict


def _addresses(context: PodContext, status: dict[str, Any]) -> None:
    host = network.host(context)
    if host:
        status["hostIP"] = host
        status["hostIPs"] = [{"ip": host}]
    address = (context.pod.get("status") or {}).get("podIP") or context.address
    if address:
        status["podIP"] = address
        status["podIPs"] = [{"ip": address}]


def _has_sandbox(context: PodContext, current: str) -> bool:
    """The pod has its network: its sandbox lives, or its only container does."""
    if current in ("Succeeded", "Failed"):
        return False
    if shares_sandbox(context.pod):
        sandbox = context.observation.sandbox
        if sandbox is not None:
            return sandbox.state in ("running", "paused")
    return any(run.where not in ("absent", "unstarted") for run in context.runs.values())
