"""Jobs that say so are deleted a while after they have ended.

https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.controllers.common import deleting, epoch, key_of, uid_of
from kctl.controllers.job_status import finished
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "jobs.batch"


def _own_key(job: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, job)] if "ttlSecondsAfterFinished" in job["spec"] else []


class TtlAfterFinishedController:
    """`kctl_controllers`: jobs.batch that have a time to live."""

    name = "ttl-after-finished-controller"
    watches: Mapping[str, Mapper] = {RESOURCE: _own_key}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            job = view.get(*key)
            due = _due(job)
            if job is None or due is None:
                continue
            if due > now.timestamp():
                changes.requeue(key, due)
            else:
                changes.delete(key, uid_of(job))
        return changes


def _due(job: Object | None) -> float | None:
    if job is None or deleting(job):
        return None
    ttl, end = job["spec"].get("ttlSecondsAfterFinished"), finished(job)
    return None if ttl is None or end is None else epoch(end["lastTransitionTime"]) + float(ttl)
