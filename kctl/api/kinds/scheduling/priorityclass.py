"""PriorityClass: a number with a name, which pods refer to."""

from __future__ import annotations

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age
from kctl.api.validation.priorityclass import SYSTEM, priorityclass, priorityclass_update

_DESCRIPTIONS = {
    "system-cluster-critical": "Used for system critical pods that must run in the cluster, but "
    "can be moved to another node if necessary.",
    "system-node-critical": "Used for system critical pods that must not be moved from their "
    "current node.",
}


def system_classes() -> list[Object]:
    """The two classes that every cluster has, as they are created."""
    return [
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name},
            "value": value,
            "description": _DESCRIPTIONS[name],
            "preemptionPolicy": "PreemptLowerPriority",
        }
        for name, value in SYSTEM.items()
    ]


def _default(obj: Object) -> None:
    """The value has no omitempty; a policy is always there."""
    if obj.get("value") is None:
        obj["value"] = 0
    if obj.get("preemptionPolicy") is None:
        obj["preemptionPolicy"] = "PreemptLowerPriority"


def _row(obj: Object) -> list[Cell]:
    return [
        obj["metadata"]["name"],
        obj.get("value", 0),
        "true" if obj.get("globalDefault") else "false",
        age(obj),
        obj.get("preemptionPolicy", ""),
    ]


KIND = Kind(
    group="scheduling.k8s.io",
    kind="PriorityClass",
    plural="priorityclasses",
    singular="priorityclass",
    short_names=("pc",),
    namespaced=False,
    schema="io.k8s.api.scheduling.v1.PriorityClass",
    columns=(
        NAME,
        Column("Value", type="integer"),
        Column("Global-Default", type="boolean"),
        AGE,
        Column("PreemptionPolicy"),
    ),
    row=_row,
    default=_default,
    validate=priorityclass,
    validate_update=priorityclass_update,
    has_generation=True,
)
