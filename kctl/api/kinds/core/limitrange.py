"""LimitRange: how large and how small the pods and containers of a namespace may be."""

from __future__ import annotations

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import NAME, part
from kctl.api.validation.limitrange import limitrange


def _default(obj: Object) -> None:
    """SetDefaults_LimitRangeItem: what a container gets follows from what it may have."""
    for item in part(obj, "spec").get("limits") or ():
        if item.get("type") != "Container":
            continue
        limits = {**(item.get("max") or {}), **(item.get("default") or {})}
        asked = {**(item.get("min") or {}), **limits, **(item.get("defaultRequest") or {})}
        for name, value in (("default", limits), ("defaultRequest", asked)):
            if value:
                item[name] = value


def _row(obj: Object) -> list[Cell]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


KIND = Kind(
    kind="LimitRange",
    plural="limitranges",
    singular="limitrange",
    short_names=("limits",),
    schema="io.k8s.api.core.v1.LimitRange",
    columns=(NAME, Column("Created At", type="date")),
    row=_row,
    default=_default,
    validate=limitrange,
)
