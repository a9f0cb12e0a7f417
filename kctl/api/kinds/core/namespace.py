"""Namespace: the scope of names, and the life cycle of everything in it."""

from __future__ import annotations

from collections.abc import Mapping

from kctl.api import names
from kctl.api.fields import FieldError, invalid
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age, part
from kctl.api.validation.values import named

_STANDARD = ("kubernetes", "orphan", "foregroundDeletion")
_NOT_STANDARD = "name is neither a standard finalizer name nor is it fully qualified"
NAME_LABEL = "kubernetes.io/metadata.name"


def _default(obj: Object) -> None:
    """The label that names the namespace, its phase and the "kubernetes" finalizer."""
    name = obj["metadata"].get("name")
    if name:
        part(obj["metadata"], "labels")[NAME_LABEL] = name
    status = part(obj, "status")
    if not status.get("phase"):
        status["phase"] = "Active"


def _prepare_create(obj: Object) -> None:
    """Content is removed by a controller before the namespace goes: its finalizer stays
    in spec, as the API server sets it."""
    obj["status"] = {"phase": "Active"}
    spec = part(obj, "spec")
    if "kubernetes" not in (spec.get("finalizers") or ()):
        spec["finalizers"] = [*(spec.get("finalizers") or ()), "kubernetes"]


def _prepare_update(new: Object, old: Object) -> None:
    new["spec"] = old.get("spec", {})
    new["status"] = old.get("status", {})


def _validate(obj: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    for name in (obj.get("spec") or {}).get("finalizers") or ():
        named(name, "spec.finalizers", names.qualified_name, errors)
        if "/" not in name and name not in _STANDARD:
            errors.append(invalid("spec.finalizers", name, _NOT_STANDARD))
    return errors


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    """A phase that is written must fit: Terminating with a deletion timestamp alone."""
    if new.get("status") == old.get("status"):
        return []
    phase = (new.get("status") or {}).get("phase") or ""
    ending = bool(new["metadata"].get("deletionTimestamp"))
    wanted = "Terminating" if ending else "Active"
    if phase == wanted:
        return []
    text = f"may only be '{wanted}' if `deletionTimestamp` is {'not ' if ending else ''}empty"
    return [invalid("status.Phase", phase, text)]


def _row(obj: Object) -> list[Cell]:
    return [obj["metadata"]["name"], obj["status"]["phase"], age(obj)]


def _selectable(obj: Object) -> Mapping[str, str]:
    return {"status.phase": obj["status"].get("phase", "")}


def _finalizers(obj: Object) -> list[str]:
    return list((obj.get("spec") or {}).get("finalizers") or ())


def _begin_delete(obj: Object) -> None:
    obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}


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
    validate=_validate,
    validate_update=_validate_update,
    has_status=True,
    selectable=_selectable,
    finalizers=_finalizers,
    begin_delete=_begin_delete,
)
