"""PodDisruptionBudget: how many of a group of pods may be evicted at once."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age, part
from kctl.api.validation.poddisruptionbudget import poddisruptionbudget as validate_budget
from kctl.api.validation.poddisruptionbudget import poddisruptionbudget_status

_NOT_SET = "N/A"


def _default(obj: Object) -> None:
    """The counts of a status have no omitempty: they are there from the beginning."""
    part(obj, "spec")
    status = part(obj, "status")
    for name in ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"):
        if status.get(name) is None:
            status[name] = 0


def _prepare_create(obj: Object) -> None:
    obj["status"] = {}
    _default(obj)


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    return poddisruptionbudget_status(new) if new.get("status") != old.get("status") else []


def _row(obj: Object) -> list[Cell]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        _amount(spec.get("minAvailable")),
        _amount(spec.get("maxUnavailable")),
        status.get("disruptionsAllowed", 0),
        age(obj),
    ]


def _amount(value: int | str | None) -> str:
    return _NOT_SET if value is None else str(value)


KIND = Kind(
    group="policy",
    kind="PodDisruptionBudget",
    plural="poddisruptionbudgets",
    singular="poddisruptionbudget",
    short_names=("pdb",),
    schema="io.k8s.api.policy.v1.PodDisruptionBudget",
    columns=(
        NAME,
        Column("Min Available"),
        Column("Max Unavailable"),
        Column("Allowed Disruptions", type="integer"),
        AGE,
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=validate_budget,
    validate_update=_validate_update,
    has_status=True,
    has_generation=True,
)
