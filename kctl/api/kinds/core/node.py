"""Node: a host that runs pods, with what it offers and how it fares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, UNKNOWN, age, part
from kctl.api.validation.node import validate_node, validate_node_update

_ROLE_PREFIX = "node-role.kubernetes.io/"
_ROLE = "kubernetes.io/role"


def _default(obj: Object) -> None:
    """podCIDR and podCIDRs say the same; what is not reserved is allocatable."""
    spec = part(obj, "spec")
    if spec.get("podCIDR"):
        if (spec.get("podCIDRs") or [""])[0] != spec["podCIDR"]:
            spec["podCIDRs"] = [spec["podCIDR"]]
    elif spec.get("podCIDRs"):
        spec["podCIDR"] = spec["podCIDRs"][0]
    status = part(obj, "status")
    if status.get("capacity") and not status.get("allocatable"):
        status["allocatable"] = dict(status["capacity"])


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _row(obj: Object) -> list[Cell]:
    status = obj.get("status") or {}
    info = status.get("nodeInfo") or {}
    return [
        obj["metadata"]["name"],
        _state(obj, status),
        _roles(obj["metadata"].get("labels") or {}),
        age(obj),
        info.get("kubeletVersion") or "",
        _address(status, "InternalIP"),
        _address(status, "ExternalIP"),
        info.get("osImage") or UNKNOWN,
        info.get("kernelVersion") or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _state(obj: Object, status: Mapping[str, Any]) -> str:
    ready = [each for each in status.get("conditions") or () if each.get("type") == "Ready"]
    word = "Unknown"
    if ready:
        word = "Ready" if ready[-1].get("status") == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if obj["spec"].get("unschedulable") else word


def _roles(labels: Mapping[str, str]) -> str:
    """Roles from `node-role.kubernetes.io/ROLE` and `kubernetes.io/role=ROLE`, sorted."""
    found = set()
    for name, value in labels.items():
        if name.startswith(_ROLE_PREFIX):
            found.add(name[len(_ROLE_PREFIX) :])
        elif name == _ROLE:
            found.add(value)
    return ",".join(sorted(found - {""})) or NONE


def _address(status: Mapping[str, Any], wanted: str) -> str:
    for each in status.get("addresses") or ():
        if each.get("type") == wanted:
            return str(each.get("address") or "")
    return NONE


def _selectable(obj: Object) -> Mapping[str, str]:
    return {"spec.unschedulable": "true" if obj["spec"].get("unschedulable") else "false"}


def _validate(obj: Object) -> list[FieldError]:
    return validate_node(obj)


KIND = Kind(
    kind="Node",
    plural="nodes",
    singular="node",
    short_names=("no",),
    namespaced=False,
    schema="io.k8s.api.core.v1.Node",
    columns=(
        NAME,
        Column("Status"),
        Column("Roles"),
        AGE,
        Column("Version"),
        Column("Internal-IP", priority=1),
        Column("External-IP", priority=1),
        Column("OS-Image", priority=1),
        Column("Kernel-Version", priority=1),
        Column("Container-Runtime", priority=1),
    ),
    row=_row,
    default=_default,
    prepare_update=_prepare_update,
    validate=_validate,
    validate_update=validate_node_update,
    has_status=True,
    selectable=_selectable,
)
