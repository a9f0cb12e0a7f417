"""Lease: who leads, and until when."""

from __future__ import annotations

from kctl.api.fields import FieldError, invalid
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age


def _validate(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors = []
    duration, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if duration is not None and duration <= 0:
        errors.append(invalid("spec.leaseDurationSeconds", duration, "must be greater than 0"))
    if transitions is not None and transitions < 0:
        errors.append(
            invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0")
        )
    return errors


def _row(obj: Object) -> list[Cell]:
    holder = (obj.get("spec") or {}).get("holderIdentity") or ""
    return [obj["metadata"]["name"], holder, age(obj)]


KIND = Kind(
    group="coordination.k8s.io",
    kind="Lease",
    plural="leases",
    singular="lease",
    schema="io.k8s.api.coordination.v1.Lease",
    columns=(NAME, Column("Holder"), AGE),
    row=_row,
    validate=_validate,
)
