"""The cron job controller: makes a job when one is due, and keeps a few that have ended.

Follows https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/. It sets a
timer for the next moment; what it knows of the past stands in the jobs themselves (the
moment that each was made for is an annotation), so that a job which could not be made is
tried again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kctl.api import cron
from kctl.api.times import now_text
from kctl.controllers.common import (
    accepts_content,
    controlled,
    deleting,
    epoch,
    key_of,
    key_of_controller,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
)
from kctl.controllers.job_status import finished
from kctl.controllers.types import REFUSED, Changes, Event, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "cronjobs.batch"
JOBS = "jobs.batch"
NAME = "cronjob-controller"
SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
RETRY = 30.0
"""Seconds after which a job that was refused is asked for again."""

_MANY_MISSED = 100


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, obj)]


def _of_job(job: Object, view: View) -> Iterable[Key]:
    key = key_of_controller(job, "CronJob", RESOURCE)
    return [key] if key else []


class CronJobController:
    """`kctl_controllers`: cronjobs.batch."""

    name = NAME
    watches: Mapping[str, Mapper] = {RESOURCE: _own_key, JOBS: _of_job}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            cronjob = view.get(*key)
            if cronjob is None:
                continue
            jobs = controlled(view, cronjob, JOBS)
            status = _status(cronjob, jobs, changes)
            if status != (cronjob.get("status") or {}):
                changes.update_status({**cronjob, "status": status})
            if deleting(cronjob):
                continue
            _forget_old(cronjob, jobs, changes)
            if not cronjob["spec"].get("suspend"):
                _schedule({**cronjob, "status": status}, jobs, view, now, changes)
        return changes


def _made_by_clock(job: Object) -> str:
    """The moment that a job was made for; "" for one that somebody made by hand."""
    return str((job["metadata"].get("annotations") or {}).get(SCHEDULED, ""))


def _status(cronjob: Object, jobs: list[Object], changes: Changes) -> Object:
    status: dict[str, Any] = copy.deepcopy(cronjob.get("status") or {})
    before = {each["uid"]: each for each in status.pop("active", None) or ()}
    known = {uid_of(job): job for job in jobs}
    for uid, reference in before.items():
        end = finished(known[uid]) if uid in known else None
        if uid not in known:
            message = f"Active job went missing: {reference['name']}"
            changes.event(cronjob, "Normal", "MissingJob", message)
        elif end is not None:
            message = f"Saw completed job: {reference['name']}, condition: {end['type']}"
            changes.event(cronjob, "Normal", "SawCompletedJob", message)
    active = [
        before.get(uid_of(job)) or _reference(job)
        for job in jobs
        if not finished(job) and _made_by_clock(job)
    ]
    if active:
        status["active"] = active
    moments = [now_text(datetime.fromisoformat(at)) for job in jobs if (at := _made_by_clock(job))]
    _latest(status, "lastScheduleTime", moments)
    ends = [(job.get("status") or {}).get("completionTime") for job in jobs]
    _latest(status, "lastSuccessfulTime", [end for end in ends if end])
    return status


def _latest(status: Object, name: str, times: list[str]) -> None:
    found = max([*times, status.get(name) or ""])
    if found:
        status[name] = found


def _reference(job: Object) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": name_of(job),
        "namespace": namespace_of(job),
        "resourceVersion": job["metadata"]["resourceVersion"],
        "uid": uid_of(job),
    }


def _forget_old(cronjob: Object, jobs: list[Object], changes: Changes) -> None:
    """Delete the oldest that ended beyond the limits."""
    for limit, type_ in (
        ("successfulJobsHistoryLimit", "Complete"),
        ("failedJobsHistoryLimit", "Failed"),
    ):
        most = cronjob["spec"].get(limit)
        ended = [job for job in jobs if (end := finished(job)) and end["type"] == type_]
        ended.sort(key=lambda job: ((job["status"].get("startTime") or ""), name_of(job)))
        surplus = 0 if most is None else max(len(ended) - int(most), 0)
        for job in ended[:surplus]:
            if not deleting(job):
                _delete(cronjob, job, changes)


def _delete(cronjob: Object, job: Object, changes: Changes) -> None:
    changes.delete(key_of(JOBS, job), uid_of(job))
    changes.event(cronjob, "Normal", "SuccessfulDelete", f"Deleted job {name_of(job)}")


def _schedule(
    cronjob: Object, jobs: list[Object], view: View, now: datetime, changes: Changes
) -> None:
    spec, key = cronjob["spec"], key_of(RESOURCE, cronjob)
    zone = ZoneInfo(spec["timeZone"]) if spec.get("timeZone") else UTC
    schedule = cron.parse(spec["schedule"], zone)
    following = schedule.next(now)
    if following is not None:
        changes.requeue(key, following.timestamp())
    refusal = view.recall(REFUSED + uid_of(cronjob))
    if refusal is not None:
        message = f"Error creating job: {refusal.value}"
        changes.event(cronjob, "Warning", "FailedCreate", message)
        changes.remember(REFUSED + uid_of(cronjob), None)
        changes.requeue(key, now.timestamp() + RETRY)
        return
    due = _due(cronjob, schedule, now, changes)
    if due is None or not accepts_content(view, namespace_of(cronjob)):
        return
    active = [job for job in jobs if not finished(job) and _made_by_clock(job)]
    if active and spec["concurrencyPolicy"] == "Forbid":
        message = "Not starting job because prior execution is running and concurrency policy is"
        changes.event(cronjob, "Normal", "JobAlreadyActive", f"{message} Forbid")
        return
    if spec["concurrencyPolicy"] == "Replace":
        for job in active:
            if not deleting(job):
                _delete(cronjob, job, changes)
    _create(cronjob, due.astimezone(zone), changes)


def _due(
    cronjob: Object, schedule: cron.Schedule, now: datetime, changes: Changes
) -> datetime | None:
    """The moment for which there should be a job and is none yet."""
    last = (cronjob["status"]).get("lastScheduleTime")
    since = epoch(last or cronjob["metadata"]["creationTimestamp"])
    deadline = cronjob["spec"].get("startingDeadlineSeconds")
    begin = datetime.fromtimestamp(since, UTC)
    if deadline is not None:
        begin = max(begin, now - timedelta(seconds=deadline))
    due = schedule.latest(begin, now)
    if due is not None and deadline is None and _missed(schedule, begin, now) > _MANY_MISSED:
        message = (
            "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or "
            "check clock skew"
        )
        changes.event(cronjob, "Warning", "TooManyMissedTimes", message)
    return due


def _missed(schedule: cron.Schedule, begin: datetime, now: datetime) -> int:
    """How many moments have passed; no more than one above what is many."""
    count, at = 0, schedule.next(begin)
    while at is not None and at <= now and count <= _MANY_MISSED:
        count, at = count + 1, schedule.next(at)
    return count


def _create(cronjob: Object, at: datetime, changes: Changes) -> None:
    template = copy.deepcopy(cronjob["spec"]["jobTemplate"])
    meta = template.get("metadata") or {}
    name = f"{name_of(cronjob)}-{int(at.timestamp()) // 60}"
    moment = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": namespace_of(cronjob),
            "labels": meta.get("labels") or {},
            "annotations": {**(meta.get("annotations") or {}), SCHEDULED: moment},
            "ownerReferences": [owner_reference(cronjob)],
        },
        "spec": template["spec"],
    }
    changes.create(job)
    made = Key(JOBS, namespace_of(cronjob), name)
    message = f"Created job {name}"
    changes.events.append(Event(cronjob, "Normal", "SuccessfulCreate", message, "", NAME, made))
