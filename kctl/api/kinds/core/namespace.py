"""Namespace: the scope of names, and the life cycle of everything in it."""

from __future__ import annotations

from collections.abc import Mapping

from kctl.api.fields import FieldError, invalid
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age

NAME_LABEL = "kubernetes.io/metadata.name"


def _default(obj: Object) -> None:
    """The label that names the namespace, its phase and the "kubernetes" finalizer."""
    name = obj["metadata"].get("name")
    if name:
        obj["metadata"].setdefault("labels", {})[NAME_LABEL] = name
    status = obj.setdefault("status", {})
    if not status.get("phase"):
        status["phase"] = "Active"


def _prepare_create(obj: Object) -> None:
    """Content is removed by a controller before the namespace goes: its finalizer stays
    in spec, as the API server sets it."""
    obj["status"] = {"phase": "Active"}
    finalizers = obj.setdefault("spec", {}).setdefault("finalizers", [])
    if "kubernetes" not in finalizers:
        finalizers.append("kubernetes")


def _prepare_update(new: Object, old: Object) -> None:
    new["spec"] = old.get("spec", {})
    new["status"] = old.get("status", {})


def _validate_status(new: Object, old: Object) -> list[FieldError]:
    phase = (new.get("status") or {}).get("phase")
    if new["metadata"].get("deletionTimestamp"):
        if phase == "Active":
            return [
                invalid(
                    "status.Phase",
                    phase,
                    "may only be 'Terminating' if `deletionTimestamp` is not empty",
                )
            ]
    elif phase == "Terminating":
        return [
            invalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty")
        ]
    return []


def _row(obj: Object) -> list[Cell]:
    return [obj["metadata"]["name"], obj["status"]["phase"], age(obj)]


def _selectable(obj: Object) -> Mapping[str, str]:
    return {"status.phase": obj["status"]["phase"]}


KIND = Kind(
    kind="Namespace",
    plural="namespaces",
    singular="namespace",
    short_names=("ns",),
    namespaced=False,
    schema="io.k8s.api.core.v1.Namespace",
    columns=(NAME, Column("Status"), AGE),
    row=_row,
    name_rule="label",
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate_update=_validate_status,
    has_status=True,
    selectable=_selectable,
)
