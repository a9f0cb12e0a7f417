"""Deployment: replica sets that replace each other without a gap."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object, Scale
from kctl.api.kinds.cells import AGE, NAME, age, containers, part, selector
from kctl.api.kinds.shared import pod_defaults
from kctl.api.validation.values import immutable
from kctl.api.validation.workloads import deployment as validate_deployment
from kctl.api.validation.workloads import deployment_status


def _default(obj: Object) -> None:
    """SetDefaults_Deployment: one replica, RollingUpdate by a quarter, ten revisions."""
    spec = part(obj, "spec")
    if spec.get("replicas") is None:
        spec["replicas"] = 1
    strategy = part(spec, "strategy")
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        rolling = part(strategy, "rollingUpdate")
        for name in ("maxUnavailable", "maxSurge"):
            if rolling.get(name) is None:
                rolling[name] = "25%"
    if spec.get("revisionHistoryLimit") is None:
        spec["revisionHistoryLimit"] = 10
    if spec.get("progressDeadlineSeconds") is None:
        spec["progressDeadlineSeconds"] = 600
    template = spec.get("template")
    if template is not None:
        pod_defaults.pod_spec(part(template, "spec"))


def _prepare_create(obj: Object) -> None:
    obj["status"] = {}


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    errors = immutable(new["spec"].get("selector"), old["spec"].get("selector"), "spec.selector")
    if new.get("status") != old.get("status"):
        errors += deployment_status(new, old)
    return errors


def _row(obj: Object) -> list[Cell]:
    spec, status = obj["spec"], obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age(obj),
        *containers((spec.get("template") or {}).get("spec") or {}),
        selector(spec.get("selector")),
    ]


KIND = Kind(
    group="apps",
    kind="Deployment",
    plural="deployments",
    singular="deployment",
    short_names=("deploy",),
    categories=("all",),
    schema="io.k8s.api.apps.v1.Deployment",
    columns=(
        NAME,
        Column("Ready"),
        Column("Up-to-date", type="integer"),
        Column("Available", type="integer"),
        AGE,
        Column("Containers", priority=1),
        Column("Images", priority=1),
        Column("Selector", priority=1),
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=validate_deployment,
    validate_update=_validate_update,
    has_status=True,
    has_generation=True,
    scale=Scale(),
)
