"""EndpointSlice: the addresses behind a service, with the condition of each."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age, some
from kctl.api.validation.endpoints import slice_
from kctl.api.validation.values import immutable

_UNSET = "<unset>"


def _default(obj: Object) -> None:
    """A port without a name or protocol is "" and TCP (SetDefaults_EndpointPort)."""
    for port in obj.get("ports") or ():
        if port.get("name") is None:
            port["name"] = ""
        if not port.get("protocol"):
            port["protocol"] = "TCP"


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    return immutable(new.get("addressType"), old.get("addressType"), "addressType")


def _row(obj: Object) -> list[Cell]:
    ports = [str(port.get("port") or port.get("name") or "*") for port in obj.get("ports") or ()]
    endpoints = [
        address for each in obj.get("endpoints") or () for address in each.get("addresses") or ()
    ]
    return [
        obj["metadata"]["name"],
        obj.get("addressType", ""),
        some(ports) or _UNSET,
        some(endpoints) or _UNSET,
        age(obj),
    ]


KIND = Kind(
    group="discovery.k8s.io",
    kind="EndpointSlice",
    plural="endpointslices",
    singular="endpointslice",
    schema="io.k8s.api.discovery.v1.EndpointSlice",
    columns=(NAME, Column("AddressType"), Column("Ports"), Column("Endpoints"), AGE),
    row=_row,
    default=_default,
    validate=slice_,
    validate_update=_validate_update,
    has_generation=True,
)
