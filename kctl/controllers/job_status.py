"""What a job says of its pods: every pod counts once.

A pod keeps a finalizer until the job's stored status speaks of it: first its uid (or, of
an indexed job that succeeded, its index) is written down, then the finalizer goes, then
the uid becomes a number. Whatever is cut short between two of these steps is taken up
again without counting anything twice.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import deleting, pod_active, ready_since, uid_of
from kctl.controllers.job_failure_policy import verdict
from kctl.controllers.job_indexes import index_of, parse, show
from kctl.controllers.job_pods import failed, indexed, terminating, tracked, untrack
from kctl.controllers.types import Changes, Object

Condition = dict[str, Any]


def has(status: Object, type_: str) -> Condition | None:
    """The condition of a type that is True."""
    for each in status.get("conditions") or ():
        if each["type"] == type_ and each["status"] == "True":
            return dict(each)
    return None


def finished(job: Object) -> Condition | None:
    """The condition that ended the job, if it has ended."""
    status = job.get("status") or {}
    return has(status, "Complete") or has(status, "Failed")


def condition(type_: str, reason: str, message: str, now: datetime) -> Condition:
    moment = now_text(now)
    return {
        "type": type_,
        "status": "True",
        "lastProbeTime": moment,
        "lastTransitionTime": moment,
        "reason": reason,
        "message": message,
    }


@dataclass
class Tally:
    """A job, its pods, and the status that is being written for it."""

    job: Object
    pods: list[Object]
    now: datetime
    status: Object
    ended_well: list[Object] = field(default_factory=list)
    """pods that this sync wrote down"""
    ended_badly: list[Object] = field(default_factory=list)
    fail_job: str = ""
    """why a rule of the failure policy ends the job"""

    @classmethod
    def of(cls, job: Object, pods: list[Object], now: datetime) -> Tally:
        return cls(job, pods, now, copy.deepcopy(job.get("status") or {}))

    @property
    def completions(self) -> int | None:
        found = self.job["spec"].get("completions")
        return None if found is None else int(found)

    @property
    def done_indexes(self) -> set[int]:
        return parse(self.status.get("completedIndexes", ""), self.completions or 0)

    @property
    def succeeded(self) -> int:
        """Written down or counted."""
        if indexed(self.job):
            return len(self.done_indexes)
        return int(self.status.get("succeeded", 0)) + len(self._uncounted("succeeded"))

    @property
    def failed(self) -> int:
        return int(self.status.get("failed", 0)) + len(self._uncounted("failed"))

    @property
    def settled(self) -> bool:
        """Every pod that ended is a number."""
        return not self._uncounted("succeeded") and not self._uncounted("failed")

    @property
    def active(self) -> list[Object]:
        return [pod for pod in self.pods if pod_active(pod)]

    @property
    def terminating(self) -> int:
        return sum(map(terminating, self.pods))

    def _uncounted(self, which: str) -> list[str]:
        return list((self.status.get("uncountedTerminatedPods") or {}).get(which) or ())

    def count(self, changes: Changes) -> None:
        """Take every pod one step on its way into the numbers."""
        stored = (self.job.get("status") or {}).get("uncountedTerminatedPods") or {}
        waiting = {uid_of(pod): pod for pod in self.pods if tracked(pod)}
        for which in ("succeeded", "failed"):
            ready = [uid for uid in stored.get(which) or () if uid not in waiting]
            if ready:
                self.status[which] = int(self.status.get(which, 0)) + len(ready)
                left = [uid for uid in self._uncounted(which) if uid not in ready]
                self._write_down(which, left)
        ending = self.ending
        for uid, pod in waiting.items():
            if self._is_written(uid, pod, stored):
                untrack(pod, changes)
            elif pod.get("status", {}).get("phase") == "Succeeded":
                self._succeeded(uid, pod, changes)
            elif failed(pod, self.job) or (ending and deleting(pod)):
                self._failed(uid, pod, changes)
        self._numbers()

    @property
    def ending(self) -> Condition | None:
        """Why the job is about to fail, if it is."""
        return has(self.status, "FailureTarget")

    def _is_written(self, uid: str, pod: Object, stored: Object) -> bool:
        if any(uid in (stored.get(which) or ()) for which in ("succeeded", "failed")):
            return True
        if not indexed(self.job) or pod.get("status", {}).get("phase") != "Succeeded":
            return False
        listed = (self.job.get("status") or {}).get("completedIndexes", "")
        return index_of(pod) in parse(listed, self.completions or 0)

    def _succeeded(self, uid: str, pod: Object, changes: Changes) -> None:
        if not indexed(self.job):
            self._write_down("succeeded", [*self._uncounted("succeeded"), uid])
            self.ended_well.append(pod)
            return
        index, done = index_of(pod), self.done_indexes
        if index is None or index >= (self.completions or 0):
            untrack(pod, changes)
        elif index not in done:
            self.status["completedIndexes"] = show({*done, index})
            self.ended_well.append(pod)

    def _failed(self, uid: str, pod: Object, changes: Changes) -> None:
        index = index_of(pod)
        beyond = indexed(self.job) and (index is None or index >= (self.completions or 0))
        action, message = verdict(self.job, pod)
        if action == "FailJob" and not self.fail_job:
            self.fail_job = message
        if beyond or action == "Ignore":
            untrack(pod, changes)
            return
        self._write_down("failed", [*self._uncounted("failed"), uid])
        self.ended_badly.append(pod)

    def _write_down(self, which: str, uids: list[str]) -> None:
        listed = dict(self.status.get("uncountedTerminatedPods") or {})
        listed[which] = uids
        self.status["uncountedTerminatedPods"] = {k: v for k, v in listed.items() if v}

    def _numbers(self) -> None:
        """What follows from the pods as they are; zeros as Kubernetes leaves them out."""
        self.status.setdefault("uncountedTerminatedPods", {})
        active = self.active
        if active:
            self.status["active"] = len(active)
        else:
            self.status.pop("active", None)
        self.status["ready"] = sum(ready_since(pod) is not None for pod in active)
        self.status["terminating"] = self.terminating
        if indexed(self.job) and (done := self.done_indexes):
            self.status["completedIndexes"] = show(done)
            self.status["succeeded"] = len(done)
