"""HorizontalPodAutoscaler: how many replicas something has, by how much they use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, UNKNOWN, age, part
from kctl.api.validation.horizontalpodautoscaler import horizontalpodautoscaler as validate

_SHOWN = 2
"""Metrics of which the table tells."""
CPU_TARGET = 80
"""Per cent of the requested CPU, where nothing else is asked for."""


def _default(obj: Object) -> None:
    """SetDefaults_HorizontalPodAutoscaler and what its behaviour means where it says little."""
    spec, status = part(obj, "spec"), part(obj, "status")
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = 1
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": CPU_TARGET}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if spec.get("behavior") is not None:
        _default_rules(part(spec["behavior"], "scaleUp"), _UP, window=0)
        _default_rules(part(spec["behavior"], "scaleDown"), _DOWN, window=None)
    status.setdefault("currentMetrics", None)
    status.setdefault("desiredReplicas", 0)


_UP = (("Pods", 4), ("Percent", 100))
_DOWN = (("Percent", 100),)


def _default_rules(
    rules: Object, policies: Sequence[tuple[str, int]], *, window: int | None
) -> None:
    if rules.get("stabilizationWindowSeconds") is None and window is not None:
        rules["stabilizationWindowSeconds"] = window
    if rules.get("selectPolicy") is None:
        rules["selectPolicy"] = "Max"
    if rules.get("policies") is None:
        rules["policies"] = [
            {"type": type_, "value": value, "periodSeconds": 15} for type_, value in policies
        ]


def _prepare_create(obj: Object) -> None:
    obj["status"] = {}
    _default(obj)


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _prepare_status(new: Object, old: Object) -> None:
    """Nothing but the status: the API itself keeps the rest."""


def _row(obj: Object) -> list[Cell]:
    spec, status = obj["spec"], obj.get("status") or {}
    target = spec.get("scaleTargetRef") or {}
    least = spec.get("minReplicas")
    return [
        obj["metadata"]["name"],
        f"{target.get('kind', '')}/{target.get('name', '')}",
        targets(spec.get("metrics") or (), status.get("currentMetrics") or ()),
        "<unset>" if least is None else str(least),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        age(obj),
    ]


def targets(specs: Sequence[Object], statuses: Sequence[Object]) -> str:
    """ "cpu: 12%/80%, memory: 8Mi/10Mi": what is used, and what it is to be."""
    if not specs:
        return NONE
    found = [
        _target(each, statuses[at] if at < len(statuses) else {}) for at, each in enumerate(specs)
    ]
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" + {more} more..." if more > 0 else "")


FIELDS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
"""The member that goes with each type of metric."""


def _target(spec: Object, status: Object) -> str:
    member = FIELDS.get(spec.get("type", ""), "")
    source = spec.get(member)
    if source is None:
        return "<unknown type>"
    target = source.get("target") or {}
    current = (status.get(member) or {}).get("current") or {}
    if member in ("resource", "containerResource"):
        return f"{source['name']}: {_of_resource(target, current)}"
    if "averageValue" in target:
        shown = f"{current.get('averageValue', UNKNOWN)}/{target['averageValue']}"
        return shown if member == "pods" else f"{shown} (avg)"
    return f"{current.get('value', UNKNOWN)}/{target.get('value', '0')}"


def _of_resource(target: Mapping[str, Any], current: Mapping[str, Any]) -> str:
    if "averageValue" in target:
        return f"{current.get('averageValue', UNKNOWN)}/{target['averageValue']}"
    used, wanted = current.get("averageUtilization"), target.get("averageUtilization")
    left = UNKNOWN if used is None else f"{used}%"
    return f"{left}/{'<auto>' if wanted is None else f'{wanted}%'}"


KIND = Kind(
    group="autoscaling",
    version="v2",
    kind="HorizontalPodAutoscaler",
    plural="horizontalpodautoscalers",
    singular="horizontalpodautoscaler",
    short_names=("hpa",),
    categories=("all",),
    schema="io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
    columns=(
        NAME,
        Column("Reference"),
        Column("Targets"),
        Column("MinPods"),
        Column("MaxPods"),
        Column("Replicas"),
        AGE,
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    prepare_status=_prepare_status,
    validate=validate,
    has_status=True,
)
