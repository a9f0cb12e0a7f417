"""Service: one stable name and address in front of the pods that a selector finds."""

from __future__ import annotations

from collections.abc import Mapping

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, age, labels
from kctl.api.kinds.shared import service_fields
from kctl.api.validation.service import validate_service, validate_service_update


def _prepare_create(obj: Object) -> None:
    obj["status"] = {"loadBalancer": {}}


def _prepare_update(new: Object, old: Object) -> None:
    """What applies depends on the type, so defaults come first."""
    new["status"] = old.get("status", {"loadBalancer": {}})
    service_fields.default(new)
    service_fields.carry_over(new["spec"], old["spec"])


def _row(obj: Object) -> list[Cell]:
    spec = obj["spec"]
    addresses = spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else ())
    return [
        obj["metadata"]["name"],
        spec.get("type", ""),
        addresses[0] if addresses else NONE,
        _external(obj),
        _ports(spec.get("ports") or ()),
        age(obj),
        labels(spec.get("selector")),
    ]


def _external(obj: Object) -> str:
    """The EXTERNAL-IP cell: a load balancer shows what it was given, else <pending>."""
    spec = obj["spec"]
    external: list[str] = list(spec.get("externalIPs") or ())
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName", ""))
    if spec.get("type") != "LoadBalancer":
        return ",".join(external) or NONE
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    given = [each.get("ip") or each.get("hostname") or "" for each in ingress]
    return ",".join([each for each in given if each] + external) or "<pending>"


def _ports(ports: list[Mapping[str, object]] | tuple[()]) -> str:
    texts = []
    for port in ports:
        node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
        texts.append(f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}")
    return ",".join(texts) or NONE


def _selectable(obj: Object) -> Mapping[str, str]:
    spec = obj["spec"]
    return {"spec.clusterIP": spec.get("clusterIP", ""), "spec.type": spec.get("type", "")}


KIND = Kind(
    kind="Service",
    plural="services",
    singular="service",
    short_names=("svc",),
    categories=("all",),
    schema="io.k8s.api.core.v1.Service",
    columns=(
        NAME,
        Column("Type"),
        Column("Cluster-IP"),
        Column("External-IP"),
        Column("Port(s)"),
        AGE,
        Column("Selector", priority=1),
    ),
    row=_row,
    name_rule="label",
    default=service_fields.default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=validate_service,
    validate_update=validate_service_update,
    has_status=True,
    selectable=_selectable,
    claims=service_fields.claims,
)
