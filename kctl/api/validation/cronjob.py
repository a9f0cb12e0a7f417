"""Cron jobs (ValidateCronJob of batch/v1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from kctl.api import cron
from kctl.api.fields import FieldError, invalid, not_supported, required
from kctl.api.validation.job import job_spec
from kctl.api.validation.values import non_negative, one_of

Spec = Mapping[str, Any]

POLICIES = ("Allow", "Forbid", "Replace")
_LONGEST_NAME = 52
"""So that the names of its jobs, with eleven characters more, are labels."""

_ZONE_PART = re.compile(r"[A-Za-z0-9_+.-]{1,14}")


def cronjob_create(obj: Mapping[str, Any]) -> list[FieldError]:
    name = obj["metadata"].get("name") or ""
    if len(name) <= _LONGEST_NAME:
        return []
    text = f"must be no more than {_LONGEST_NAME} characters"
    return [invalid("metadata.name", name, text)]


def cronjob(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj["spec"]
    zone = spec.get("timeZone")
    if not spec.get("schedule"):
        errors.append(required("spec.schedule"))
    else:
        _schedule(spec["schedule"], zone, errors)
    non_negative(spec.get("startingDeadlineSeconds"), "spec.startingDeadlineSeconds", errors)
    if zone is not None:
        _zone(zone, "spec.timeZone", errors)
    one_of(spec.get("concurrencyPolicy"), "spec.concurrencyPolicy", POLICIES, errors)
    _template(spec["jobTemplate"].get("spec") or {}, "spec.jobTemplate.spec", errors)
    for name in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        non_negative(spec.get(name), f"spec.{name}", errors)
    return errors


def _schedule(text: str, zone: str | None, errors: list[FieldError]) -> None:
    try:
        cron.parse(text)
    except ValueError as error:
        errors.append(invalid("spec.schedule", text, str(error)))
    if "TZ" in text:
        why = (
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            if zone is None
            else "cannot use both timeZone field and TZ or CRON_TZ in schedule"
        )
        errors.append(invalid("spec.schedule", text, why))


def _zone(zone: str, path: str, errors: list[FieldError]) -> None:
    if not zone:
        errors.append(invalid(path, zone, "timeZone must be nil or non-empty string"))
        return
    for word in zone.split("/"):
        if word in (".", "..") or not _ZONE_PART.fullmatch(word) or word.startswith("-"):
            errors.append(invalid(path, zone, f"unknown time zone {zone}"))
            return
    if zone.lower() == "local":
        text = (
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        )
        errors.append(invalid(path, zone, text))
        return
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        errors.append(invalid(path, zone, f"unknown time zone {zone}"))


def _template(spec: Spec, path: str, errors: list[FieldError]) -> None:
    """Every job of it gets its own selector."""
    job_spec(spec, path, errors)
    if spec.get("manualSelector"):
        value = spec["manualSelector"]
        errors.append(not_supported(f"{path}.manualSelector", value, ("nil", "false")))
    if spec.get("selector") is not None:
        text = "`selector` will be auto-generated"
        errors.append(invalid(f"{path}.selector", spec["selector"], text))
