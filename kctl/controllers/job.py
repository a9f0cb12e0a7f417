"""The job controller: pods that run until enough of them have succeeded.

Follows https://kubernetes.io/docs/concepts/workloads/controllers/job/. How pods are
counted is told in `job_status`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.controllers.common import (
    accepts_content,
    controlled,
    controller_of,
    deleting,
    key_of,
    key_of_controller,
    name_of,
    namespace_of,
    uid_of,
)
from kctl.controllers.job_backoff import Backoff, forget, may_create_at, put_off
from kctl.controllers.job_end import end_if_over, fail_if_needed, started, suspension
from kctl.controllers.job_indexes import index_of, next_free
from kctl.controllers.job_pods import (
    PODS,
    indexed,
    new_pods,
    only_failed_replaced,
    surplus,
    suspended,
    tracked,
    untrack,
)
from kctl.controllers.job_status import Tally, finished, has
from kctl.controllers.types import REFUSED, Changes, Event, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "jobs.batch"
NAME = "job-controller"
BURST = 500
"""Pods made or deleted in one sync."""

_OURS = "kubernetes.io/job-controller"


def _own_key(job: Object, view: View) -> Iterable[Key]:
    """The job; of one that is gone also the pods that it would have counted."""
    key = key_of(RESOURCE, job)
    if view.get(*key) is not None:
        return [key]
    return [key, *(key_of(PODS, pod) for pod in view.owned(uid_of(job), PODS) if tracked(pod))]


def _of_pod(pod: Object, view: View) -> Iterable[Key]:
    """The job that controls the pod; the pod itself where that is gone."""
    key = key_of_controller(pod, "Job", RESOURCE)
    if key is None:
        return [key_of(PODS, pod)] if tracked(pod) else []
    return [key_of(PODS, pod)] if tracked(pod) and view.get(*key) is None else [key]


class JobController:
    """`kctl_controllers`: jobs.batch. The key of a pod stands for one that waits for a job
    which is no more."""

    name = NAME
    watches: Mapping[str, Mapper] = {RESOURCE: _own_key, PODS: _of_pod}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            obj = view.get(*key)
            if key.resource == PODS:
                _let_go(obj, view, changes)
            elif obj is None:
                forget(key, view, changes)
            elif obj["spec"].get("managedBy", _OURS) == _OURS:
                _sync(obj, view, now, changes)
        return changes


def _let_go(pod: Object | None, view: View, changes: Changes) -> None:
    """Nobody counts this pod any more."""
    if pod is None or not tracked(pod):
        return
    owner = controller_of(pod)
    key = key_of_controller(pod, "Job", RESOURCE)
    job = view.get(*key) if key else None
    if job is None or owner is None or uid_of(job) != owner["uid"]:
        untrack(pod, changes)


def _sync(job: Object, view: View, now: datetime, changes: Changes) -> None:
    pods = controlled(view, job, PODS)
    if finished(job):
        forget(key_of(RESOURCE, job), view, changes)
        for pod in pods:
            if tracked(pod):
                untrack(pod, changes)
        return
    tally = Tally.of(job, pods, now)
    started(tally)
    tally.count(changes)
    backoff = Backoff.of(job, view).after(tally)
    backoff.keep(job, view, changes)
    fail_if_needed(tally, key_of(RESOURCE, job), changes)
    if tally.ending:
        for pod in tally.active:
            _delete(job, pod, changes)
    elif not has(tally.status, "SuccessCriteriaMet") and not deleting(job):
        suspension(tally, changes)
        _manage(tally, backoff, view, changes)
    end_if_over(tally, changes)
    if tally.status != job.get("status"):
        changes.update_status({**job, "status": tally.status})


def _manage(tally: Tally, backoff: Backoff, view: View, changes: Changes) -> None:
    job, now = tally.job, tally.now.timestamp()
    key = key_of(RESOURCE, job)
    refusal = view.recall(REFUSED + uid_of(job))
    if refusal is not None:
        message = f"Error creating: {refusal.value}"
        changes.event(job, "Warning", "FailedCreate", message)
        changes.remember(REFUSED + uid_of(job), None)
        changes.requeue(key, put_off(job, now, changes))
        return
    wanted = 0 if suspended(job) else _wanted(tally)
    extra = surplus(job, tally.pods, wanted)[:BURST]
    for pod in extra:
        if tracked(pod):
            untrack(pod, changes)
        _delete(job, pod, changes)
    if extra or suspended(job) or not accepts_content(view, namespace_of(job)):
        return
    missing = wanted - len(tally.active)
    if only_failed_replaced(job):
        missing -= tally.terminating
    if missing <= 0:
        return
    at = max(backoff.until, may_create_at(job, view))
    if at > now:
        changes.requeue(key, at)
    else:
        _create(tally, min(missing, BURST), view, changes)


def _wanted(tally: Tally) -> int:
    """How many pods are to be at work."""
    parallelism = int(tally.job["spec"].get("parallelism", 1))
    if tally.completions is None:
        return len(tally.active) if tally.succeeded else parallelism
    return max(min(tally.completions - tally.succeeded, parallelism), 0)


def _create(tally: Tally, count: int, view: View, changes: Changes) -> None:
    job, indexes = tally.job, None
    if indexed(job):
        busy = tally.pods if only_failed_replaced(job) else tally.active
        taken = {index for pod in busy if tracked(pod) and (index := index_of(pod)) is not None}
        indexes = next_free(tally.done_indexes | taken, tally.completions or 0, count)
    for pod in new_pods(job, count, indexes, view, tally.now):
        changes.create(pod)
        name = name_of(pod)
        made = Key(PODS, namespace_of(job), name)
        message = f"Created pod: {name}"
        changes.events.append(Event(job, "Normal", "SuccessfulCreate", message, "", NAME, made))


def _delete(job: Object, pod: Object, changes: Changes) -> None:
    changes.delete(key_of(PODS, pod), uid_of(pod))
    changes.event(job, "Normal", "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")
