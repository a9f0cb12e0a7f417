"""Endpoints: the addresses behind a service, in the older of the two forms."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, age, some
from kctl.api.validation.endpoints import endpoints as validate_endpoints


def _default(obj: Object) -> None:
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or ():
            if not port.get("protocol"):
                port["protocol"] = "TCP"


def _validate(obj: Object) -> list[FieldError]:
    return validate_endpoints(obj.get("subsets") or ())


def _row(obj: Object) -> list[Cell]:
    return [obj["metadata"]["name"], _addresses(obj), age(obj)]


def _addresses(obj: Object) -> str:
    """The first three "ip:port" of the ready addresses, "<none>" without subsets."""
    subsets = obj.get("subsets")
    if not subsets:
        return NONE
    listed: list[str] = []
    for subset in subsets:
        addresses = [each["ip"] for each in subset.get("addresses") or ()]
        if not subset.get("ports"):
            listed += addresses
        for port in subset.get("ports") or ():
            listed += [_joined(address, port["port"]) for address in addresses]
    return some(listed)


def _joined(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


KIND = Kind(
    kind="Endpoints",
    plural="endpoints",
    singular="endpoints",
    short_names=("ep",),
    schema="io.k8s.api.core.v1.Endpoints",
    columns=(NAME, Column("Endpoints"), AGE),
    row=_row,
    default=_default,
    validate=_validate,
)
