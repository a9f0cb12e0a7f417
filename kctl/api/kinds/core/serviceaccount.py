"""ServiceAccount: whom a pod acts as."""

from __future__ import annotations

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age


def _row(obj: Object) -> list[Cell]:
    return [obj["metadata"]["name"], len(obj.get("secrets") or ()), age(obj)]


KIND = Kind(
    kind="ServiceAccount",
    plural="serviceaccounts",
    singular="serviceaccount",
    short_names=("sa",),
    schema="io.k8s.api.core.v1.ServiceAccount",
    columns=(NAME, Column("Secrets", type="integer"), AGE),
    row=_row,
)
