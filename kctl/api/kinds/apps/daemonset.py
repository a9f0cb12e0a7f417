"""DaemonSet: one pod on every node that its template fits."""

from __future__ import annotations

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, age, containers, labels, part, selector
from kctl.api.kinds.shared import pod_defaults
from kctl.api.validation.daemonset import daemonset, daemonset_status
from kctl.api.validation.values import immutable

GENERATION = "deprecated.daemonset.template.generation"
"""An annotation that clients of old read: how often the template changed."""

_COUNTS = (
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
)


def _default(obj: Object) -> None:
    """SetDefaults_DaemonSet: one node at a time, ten revisions."""
    spec = part(obj, "spec")
    strategy = part(spec, "updateStrategy")
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        rolling = part(strategy, "rollingUpdate")
        for name, value in (("maxUnavailable", 1), ("maxSurge", 0)):
            if rolling.get(name) is None:
                rolling[name] = value
    if spec.get("revisionHistoryLimit") is None:
        spec["revisionHistoryLimit"] = 10
    template = spec.get("template")
    if template is not None:
        pod_defaults.pod_spec(part(template, "spec"))
    status = part(obj, "status")
    for name in _COUNTS:
        if status.get(name) is None:
            status[name] = 0


def _prepare_create(obj: Object) -> None:
    obj["status"] = dict.fromkeys(_COUNTS, 0)
    part(obj["metadata"], "annotations")[GENERATION] = "1"


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})
    text = (old["metadata"].get("annotations") or {}).get(GENERATION, "0")
    number = int(text) if text.isascii() and text.isdigit() else 0
    if new["spec"].get("template") != old["spec"].get("template"):
        number += 1
    part(new["metadata"], "annotations")[GENERATION] = str(number)


def _validate_update(new: Object, old: Object) -> list[FieldError]:
    errors = immutable(new["spec"].get("selector"), old["spec"].get("selector"), "spec.selector")
    if new.get("status") != old.get("status"):
        errors += daemonset_status(new)
    return errors


def _row(obj: Object) -> list[Cell]:
    spec, status = obj["spec"], obj.get("status") or {}
    pod = (spec.get("template") or {}).get("spec") or {}
    return [
        obj["metadata"]["name"],
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("numberReady", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
        labels(pod.get("nodeSelector")),
        age(obj),
        *containers(pod),
        selector(spec.get("selector")),
    ]


KIND = Kind(
    group="apps",
    kind="DaemonSet",
    plural="daemonsets",
    singular="daemonset",
    short_names=("ds",),
    categories=("all",),
    schema="io.k8s.api.apps.v1.DaemonSet",
    columns=(
        NAME,
        Column("Desired", type="integer"),
        Column("Current", type="integer"),
        Column("Ready", type="integer"),
        Column("Up-to-date", type="integer"),
        Column("Available", type="integer"),
        Column("Node Selector"),
        AGE,
        Column("Containers", priority=1),
        Column("Images", priority=1),
        Column("Selector", priority=1),
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=daemonset,
    validate_update=_validate_update,
    has_status=True,
    has_generation=True,
)
