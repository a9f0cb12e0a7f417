"""Job: pods that run until enough of them have succeeded."""

from __future__ import annotations

from typing import Any

from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import AGE, NAME, NONE, age, containers, epoch, part, selector, since
from kctl.api.kinds.shared import pod_defaults
from kctl.api.validation.job import job as validate_job
from kctl.api.validation.job_update import job_update
from kctl.api.validation.values import MAX_INT32
from kctl.durations import human_duration

_ENDS = (("Complete", "Complete"), ("Failed", "Failed"))
_PAUSES = (
    ("Suspended", "Suspended"),
    ("FailureTarget", "FailureTarget"),
    ("SuccessCriteriaMet", "SuccessCriteriaMet"),
)


def job_spec(spec: Object) -> None:
    """SetDefaults_Job, for jobs and for the templates of cron jobs."""
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    per_index = spec.get("backoffLimitPerIndex") is not None
    policy = spec.get("podFailurePolicy")
    for name, value in (
        ("parallelism", 1),
        ("backoffLimit", MAX_INT32 if per_index else 6),
        ("completionMode", "NonIndexed"),
        ("suspend", False),
        ("manualSelector", False),
        ("podReplacementPolicy", "TerminatingOrFailed" if policy is None else "Failed"),
    ):
        if spec.get(name) is None:
            spec[name] = value
    for rule in (policy or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            if not pattern.get("status"):
                pattern["status"] = "True"
    template = part(spec, "template")
    part(template, "metadata")
    pod_defaults.pod_spec(part(template, "spec"))


def _default(obj: Object) -> None:
    spec = part(obj, "spec")
    job_spec(spec)
    _label(obj)


def _label(obj: Object) -> None:
    """A job without labels has those of its pods."""
    labels = spec_labels(obj)
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)


def spec_labels(obj: Object) -> dict[str, str]:
    found: dict[str, str] = obj["spec"]["template"]["metadata"].get("labels") or {}
    return found


def _prepare_create(obj: Object) -> None:
    obj["status"] = {}
    if not obj["spec"].get("manualSelector"):
        _select_own(obj)
    _label(obj)


def _select_own(obj: Object) -> None:
    """The labels of the pods and the selector that finds no others. What is there already
    stays, and validation says whether it may."""
    uid, name = obj["metadata"]["uid"], obj["metadata"].get("name", "")
    meta = obj["spec"]["template"]["metadata"]
    labels = meta["labels"] = dict(meta.get("labels") or {})
    for prefix in ("", "batch.kubernetes.io/"):
        labels.setdefault(f"{prefix}controller-uid", uid)
        labels.setdefault(f"{prefix}job-name", name)
    matching: dict[str, Any] = part(part(obj["spec"], "selector"), "matchLabels")
    if "controller-uid" not in matching:
        matching.setdefault("batch.kubernetes.io/controller-uid", uid)


def _prepare_update(new: Object, old: Object) -> None:
    new["status"] = old.get("status", {})


def _row(obj: Object) -> list[Cell]:
    spec, status = obj["spec"], obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        _word(obj),
        _progress(spec, status),
        _duration(status),
        age(obj),
        *containers((spec.get("template") or {}).get("spec") or {}),
        selector(spec.get("selector")) or NONE,
    ]


def _word(obj: Object) -> str:
    status = obj.get("status") or {}
    true = {each["type"] for each in status.get("conditions") or () if each["status"] == "True"}
    for name, word in _ENDS:
        if name in true:
            return word
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return next((word for name, word in _PAUSES if name in true), "Running")


def _progress(spec: Object, status: Object) -> str:
    done = status.get("succeeded", 0)
    if spec.get("completions") is not None:
        return f"{done}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{done}/1 of {parallelism}" if parallelism > 1 else f"{done}/1"


def _duration(status: Object) -> Cell:
    start, end = status.get("startTime"), status.get("completionTime")
    if start and end:
        return human_duration(epoch(end) - epoch(start))
    return since(start) if start else ""


def _selectable(obj: Object) -> dict[str, str]:
    return {"status.successful": str((obj.get("status") or {}).get("succeeded", 0))}


KIND = Kind(
    group="batch",
    kind="Job",
    plural="jobs",
    singular="job",
    categories=("all",),
    schema="io.k8s.api.batch.v1.Job",
    columns=(
        NAME,
        Column("Status"),
        Column("Completions"),
        Column("Duration"),
        AGE,
        Column("Containers", priority=1),
        Column("Images", priority=1),
        Column("Selector", priority=1),
    ),
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=validate_job,
    validate_update=job_update,
    has_status=True,
    has_generation=True,
    selectable=_selectable,
    orphan_by_default=True,
)
