"""ResourceQuota: how much of something a namespace may have."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age, part
from kctl.api.validation.resourcequota import resourcequota, resourcequota_update


def _default(obj: Object) -> None:
    part(obj, "spec")
    part(obj, "status")


def _prepare_create(obj: Object) -> None:
    obj["status"] = {}


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _validate(obj: Object) -> list[FieldError]:
    return resourcequota(obj)


def _row(obj: Object) -> list[Cell]:
    status = obj.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    shown = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    limits = [text for name, text in shown.items() if name.startswith("limits.")]
    others = [text for name, text in shown.items() if not name.startswith("limits.")]
    return [obj["metadata"]["name"], ", ".join(others), ", ".join(limits), age(obj)]


KIND = Kind(
    kind="ResourceQuota",
    plural="resourcequotas",
    singular="resourcequota",
    short_names=("quota",),
    schema="io.k8s.api.core.v1.ResourceQuota",
    columns=(NAME, Column("Request"), Column("Limit"), AGE),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=_validate,
    validate_update=resourcequota_update,
    has_status=True,
)
