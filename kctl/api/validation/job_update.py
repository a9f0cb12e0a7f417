"""What may change of a job (ValidateJobUpdate, ValidateJobUpdateStatus)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, invalid
from kctl.api.validation.values import immutable, non_negative

Spec = Mapping[str, Any]

_FIXED = (
    "selector",
    "template",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
)
_COUNTS = ("active", "ready", "succeeded", "failed", "terminating")
_STEERING = ("nodeSelector", "tolerations", "schedulingGates")


def job_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec, before = new["spec"], dict(old["spec"])
    _completions(spec, before, errors)
    if _not_begun(old):
        before["template"] = _steered(spec["template"], before["template"])
    for name in _FIXED:
        errors += immutable(spec.get(name), before.get(name), f"spec.{name}")
    if new.get("status") != old.get("status"):
        for name in _COUNTS:
            non_negative((new.get("status") or {}).get(name), f"status.{name}", errors)
    return errors


def _completions(spec: Spec, old: Spec, errors: list[FieldError]) -> None:
    """Only an indexed job may grow or shrink, as one with its parallelism."""
    value = spec.get("completions")
    if spec.get("completionMode") != "Indexed":
        errors += immutable(value, old.get("completions"), "spec.completions")
    elif value not in (None, old.get("completions")) and value != spec.get("parallelism"):
        text = "can only be modified in tandem with spec.parallelism"
        errors.append(invalid("spec.completions", value, text))


def _not_begun(job: Mapping[str, Any]) -> bool:
    """Where its pods will go may still be said."""
    return bool(job["spec"].get("suspend")) and not (job.get("status") or {}).get("startTime")


def _steered(new: Spec, old: Spec) -> dict[str, Any]:
    """The old template with the new one's word on placement."""
    spec, wanted = dict(old["spec"]), new.get("spec") or {}
    for name in _STEERING:
        spec.pop(name, None)
        if name in wanted:
            spec[name] = wanted[name]
    affinity, asked = dict(spec.pop("affinity", None) or {}), wanted.get("affinity") or {}
    affinity.pop("nodeAffinity", None)
    if "nodeAffinity" in asked:
        affinity["nodeAffinity"] = asked["nodeAffinity"]
    if affinity or "affinity" in wanted:
        spec["affinity"] = affinity
    meta = dict(old.get("metadata") or {})
    for name in ("labels", "annotations"):
        meta.pop(name, None)
        if name in (new.get("metadata") or {}):
            meta[name] = new["metadata"][name]
    return {**old, "metadata": meta, "spec": spec}
