"""CronJob: jobs that are made by the clock."""

from __future__ import annotations

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, age, containers, part, selector, since
from kctl.api.kinds.shared import pod_defaults
from kctl.api.validation.cronjob import cronjob, cronjob_create


def _default(obj: Object) -> None:
    """SetDefaults_CronJob: three successes and one failure are kept."""
    spec = part(obj, "spec")
    for name, value in (
        ("concurrencyPolicy", "Allow"),
        ("suspend", False),
        ("successfulJobsHistoryLimit", 3),
        ("failedJobsHistoryLimit", 1),
    ):
        if spec.get(name) is None:
            spec[name] = value
    job = part(part(spec, "jobTemplate"), "spec")
    part(spec["jobTemplate"], "metadata")
    template = part(job, "template")
    part(template, "metadata")
    pod_defaults.pod_spec(part(template, "spec"))


def _prepare_create(obj: Object) -> None:
    obj["status"] = {}


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _row(obj: Object) -> list[Cell]:
    spec, status = obj["spec"], obj.get("status") or {}
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    last = status.get("lastScheduleTime")
    return [
        obj["metadata"]["name"],
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        "True" if spec.get("suspend") else "False",
        len(status.get("active") or ()),
        since(last) if last else NONE,
        age(obj),
        *containers((job.get("template") or {}).get("spec") or {}),
        (selector(job["selector"]) if job.get("selector") else "") or NONE,
    ]


KIND = Kind(
    group="batch",
    kind="CronJob",
    plural="cronjobs",
    singular="cronjob",
    short_names=("cj",),
    categories=("all",),
    schema="io.k8s.api.batch.v1.CronJob",
    columns=(
        NAME,
        Column("Schedule"),
        Column("Timezone"),
        Column("Suspend", type="boolean"),
        Column("Active", type="integer"),
        Column("Last Schedule"),
        AGE,
        Column("Containers", priority=1),
        Column("Images", priority=1),
        Column("Selector", priority=1),
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=cronjob,
    validate_create=cronjob_create,
    has_status=True,
    has_generation=True,
)
