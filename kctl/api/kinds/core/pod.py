"""Pod: containers that share a network address, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object, Part
from kctl.api.kinds.cells import AGE, NAME, NONE, age, part
from kctl.api.kinds.shared import pod_defaults, pod_status
from kctl.api.kinds.shared.qos import qos_class
from kctl.api.validation.ephemeral_update import only_ephemeral, validate_ephemeral_update
from kctl.api.validation.pod import validate_pod, validate_pod_create
from kctl.api.validation.pod_update import validate_pod_update

_GATED = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}


def _default(obj: Object) -> None:
    spec = part(obj, "spec")
    pod_defaults.pod_spec(spec)
    pod_defaults.pod(spec)
    status = obj.get("status")
    if status:
        for one, many in (("podIP", "podIPs"), ("hostIP", "hostIPs")):
            if status.get(one) and not status.get(many):
                status[many] = [{"ip": status[one]}]


def _prepare_create(obj: Object) -> None:
    """A new pod is Pending; its class of service never changes afterwards."""
    spec = obj["spec"]
    status: dict[str, Any] = {"phase": "Pending"}
    if spec.get("schedulingGates"):
        status["conditions"] = [dict(_GATED)]
    try:
        status["qosClass"] = qos_class(spec)
    except ValueError:
        status["qosClass"] = "BestEffort"  # validation names the malformed quantity
    obj["status"] = status


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _grace(obj: Object) -> int:
    """Seconds a delete gives; none where no container can run or runs any more."""
    spec, status = obj["spec"], obj.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    seconds = spec.get("terminationGracePeriodSeconds")
    if seconds is None:
        return 30
    return max(int(seconds), 1) if seconds < 0 else int(seconds)


def _row(obj: Object) -> list[Cell]:
    status, spec = obj.get("status") or {}, obj["spec"]
    ready, reason, restarts = pod_status.summary(obj)
    return [
        obj["metadata"]["name"],
        ready,
        reason,
        restarts,
        age(obj),
        _address(status) or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _readiness_gates(spec, status),
    ]


def _address(status: Mapping[str, Any]) -> str:
    addresses = status.get("podIPs")
    found = addresses[0].get("ip") if addresses else status.get("podIP")
    return found or ""


def _readiness_gates(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    gates = spec.get("readinessGates")
    if not gates:
        return NONE
    met = {
        each.get("type") for each in status.get("conditions") or () if each.get("status") == "True"
    }
    return f"{sum(gate['conditionType'] in met for gate in gates)}/{len(gates)}"


def _selectable(obj: Object) -> Mapping[str, str]:
    spec, status = obj["spec"], obj.get("status") or {}
    return {
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.restartPolicy": spec.get("restartPolicy", ""),
        "spec.schedulerName": spec.get("schedulerName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", ""),
        "spec.hostNetwork": "true" if spec.get("hostNetwork") else "false",
        "status.phase": status.get("phase", ""),
        "status.podIP": _address(status),
        "status.nominatedNodeName": status.get("nominatedNodeName", ""),
    }


def _refs(obj: Object) -> tuple[str, ...]:
    """The node of the pod; "node/" finds the pods that wait for one."""
    return (f"node/{obj['spec'].get('nodeName') or ''}",)


def _validate(obj: Object) -> list[FieldError]:
    return validate_pod(obj)


KIND = Kind(
    kind="Pod",
    plural="pods",
    singular="pod",
    short_names=("po",),
    categories=("all",),
    schema="io.k8s.api.core.v1.Pod",
    columns=(
        NAME,
        Column("Ready"),
        Column("Status"),
        Column("Restarts"),
        AGE,
        Column("IP", priority=1),
        Column("Node", priority=1),
        Column("Nominated Node", priority=1),
        Column("Readiness Gates", priority=1),
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=_validate,
    validate_create=validate_pod_create,
    validate_update=validate_pod_update,
    parts={"ephemeralcontainers": Part(only_ephemeral, validate_ephemeral_update)},
    has_status=True,
    has_generation=True,
    grace=_grace,
    selectable=_selectable,
    refs=_refs,
)
