"""Ingress: which hosts and paths from outside lead to which services."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, age, part, some
from kctl.api.validation.ingress import ingress, ingress_create


def _default(obj: Object) -> None:
    part(obj, "spec")
    part(part(obj, "status"), "loadBalancer")


def _prepare_create(obj: Object) -> None:
    obj["status"] = {"loadBalancer": {}}


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _validate(obj: Object) -> list[FieldError]:
    return ingress(obj)


def _row(obj: Object) -> list[Cell]:
    spec = obj.get("spec") or {}
    hosts = [each["host"] for each in spec.get("rules") or () if each.get("host")]
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    found = [each.get("ip") or each.get("hostname") for each in balancer.get("ingress") or ()]
    return [
        obj["metadata"]["name"],
        spec.get("ingressClassName") or NONE,
        some(hosts) or "*",
        ",".join(str(each) for each in found if each),
        "80, 443" if spec.get("tls") else "80",
        age(obj),
    ]


KIND = Kind(
    group="networking.k8s.io",
    kind="Ingress",
    plural="ingresses",
    singular="ingress",
    short_names=("ing",),
    schema="io.k8s.api.networking.v1.Ingress",
    columns=(
        NAME,
        Column("Class"),
        Column("Hosts"),
        Column("Address"),
        Column("Ports"),
        AGE,
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=_validate,
    validate_create=ingress_create,
    has_status=True,
    has_generation=True,
)
