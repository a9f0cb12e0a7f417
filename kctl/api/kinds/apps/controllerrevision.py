"""ControllerRevision: a template that a controller has had, for rolling back to it."""

from __future__ import annotations

from kctl.api.fields import FieldError, forbidden, required
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, age
from kctl.api.validation.values import immutable, non_negative


def _default(obj: Object) -> None:
    """The revision has no omitempty."""
    if obj.get("revision") is None:
        obj["revision"] = 0


def _validate(obj: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    non_negative(obj.get("revision"), "revision", errors)
    if obj.get("data") is None:
        errors.append(required("data", "data is mandatory"))
    elif not isinstance(obj["data"], dict):
        errors.append(forbidden("data", "data must be a valid JSON object"))
    return errors


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    return immutable(new.get("data"), old.get("data"), "data")


def _row(obj: Object) -> list[Cell]:
    owners = obj["metadata"].get("ownerReferences") or ()
    owner = next((each for each in owners if each.get("controller")), None)
    shown = NONE
    if owner is not None:
        group = owner["apiVersion"].rpartition("/")[0]
        kind = owner["kind"].lower() + (f".{group}" if group else "")
        shown = f"{kind}/{owner['name']}"
    return [obj["metadata"]["name"], shown, obj.get("revision", 0), age(obj)]


KIND = Kind(
    group="apps",
    kind="ControllerRevision",
    plural="controllerrevisions",
    singular="controllerrevision",
    schema="io.k8s.api.apps.v1.ControllerRevision",
    columns=(NAME, Column("Controller"), Column("Revision"), AGE),
    row=_row,
    default=_default,
    validate=_validate,
    validate_update=_validate_update,
)
