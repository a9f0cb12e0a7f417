"""IngressClass: who is to carry the traffic of an ingress."""

from __future__ import annotations

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, age, part
from kctl.api.validation.ingressclass import ingressclass, ingressclass_update


def _default(obj: Object) -> None:
    parameters = part(obj, "spec").get("parameters")
    if parameters is not None and not parameters.get("scope"):
        parameters["scope"] = "Cluster"


def _row(obj: Object) -> list[Cell]:
    spec = obj.get("spec") or {}
    return [
        obj["metadata"]["name"],
        spec.get("controller", ""),
        _parameters(spec.get("parameters")),
        age(obj),
    ]


def _parameters(found: Object | None) -> str:
    if not found:
        return NONE
    group = f".{found['apiGroup']}" if found.get("apiGroup") else ""
    return f"{found.get('kind', '')}{group}/{found.get('name', '')}"


KIND = Kind(
    group="networking.k8s.io",
    kind="IngressClass",
    plural="ingressclasses",
    singular="ingressclass",
    namespaced=False,
    schema="io.k8s.api.networking.v1.IngressClass",
    columns=(NAME, Column("Controller"), Column("Parameters"), AGE),
    row=_row,
    default=_default,
    validate=ingressclass,
    validate_update=ingressclass_update,
    has_generation=True,
)
