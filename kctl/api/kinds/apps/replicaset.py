"""ReplicaSet: a number of pods made from one template."""

from __future__ import annotations

from collections.abc import Mapping

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object, Scale
from kctl.api.kinds.cells import AGE, NAME, NONE, age, containers, part, selector
from kctl.api.kinds.shared import pod_defaults
from kctl.api.validation.values import immutable
from kctl.api.validation.workloads import replicaset as validate_replicaset
from kctl.api.validation.workloads import replicaset_status


def _default(obj: Object) -> None:
    spec = part(obj, "spec")
    if spec.get("replicas") is None:
        spec["replicas"] = 1
    template = spec.get("template")
    if template is not None:
        pod_defaults.pod_spec(part(template, "spec"))


def _prepare_create(obj: Object) -> None:
    obj["status"] = {"replicas": 0}


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    errors = immutable(new["spec"].get("selector"), old["spec"].get("selector"), "spec.selector")
    if new.get("status") != old.get("status"):
        errors += replicaset_status(new)
    return errors


def _row(obj: Object) -> list[Cell]:
    spec, status = obj["spec"], obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        spec.get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age(obj),
        *containers((spec.get("template") or {}).get("spec") or {}),
        selector(spec.get("selector")) or NONE,
    ]


def _selectable(obj: Object) -> Mapping[str, str]:
    return {"status.replicas": str((obj.get("status") or {}).get("replicas", 0))}


KIND = Kind(
    group="apps",
    kind="ReplicaSet",
    plural="replicasets",
    singular="replicaset",
    short_names=("rs",),
    categories=("all",),
    schema="io.k8s.api.apps.v1.ReplicaSet",
    columns=(
        NAME,
        Column("Desired", type="integer"),
        Column("Current", type="integer"),
        Column("Ready", type="integer"),
        AGE,
        Column("Containers", priority=1),
        Column("Images", priority=1),
        Column("Selector", priority=1),
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=validate_replicaset,
    validate_update=_validate_update,
    has_status=True,
    has_generation=True,
    scale=Scale(),
    selectable=_selectable,
)
