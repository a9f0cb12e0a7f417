"""How long a job waits after a pod of it failed: 10 s, twice as long each time, 10 minutes
at most, from the beginning again after a success."""

from __future__ import annotations

from dataclasses import dataclass

from kctl.controllers.common import key_of, uid_of
from kctl.controllers.job_pods import ended_at
from kctl.controllers.job_status import Tally
from kctl.controllers.types import Changes, Object, View
from kctl.store.types import Key, Memo

FIRST, LONGEST = 10.0, 600.0
RETRY = 30.0
"""Seconds after which a pod that was refused is asked for again."""


def _memo(key: Key) -> str:
    return f"job/backoff/{key.namespace}/{key.name}"


def _retry_memo(key: Key) -> str:
    return f"job/retry/{key.namespace}/{key.name}"


def _key(job: Object) -> Key:
    return key_of("jobs.batch", job)


@dataclass(frozen=True)
class Backoff:
    """Failures since the last success, and when the last one was."""

    failures: int = 0
    last: float = 0.0

    @classmethod
    def of(cls, job: Object, view: View) -> Backoff:
        memo = view.recall(_memo(_key(job)))
        if memo is None:
            return cls()
        uid, failures, last = memo.value.split()
        return cls(int(failures), float(last)) if uid == uid_of(job) else cls()

    def after(self, tally: Tally) -> Backoff:
        """With the pods that a sync has seen the end of."""
        now = tally.now.timestamp()
        good = [ended_at(pod, now) for pod in tally.ended_well]
        bad = [ended_at(pod, now) for pod in tally.ended_badly]
        before = Backoff() if good else self
        since = max(good, default=0.0)
        later = [at for at in bad if at >= since]
        return Backoff(before.failures + len(later), max([before.last, *later]))

    @property
    def until(self) -> float:
        """When the next pod may be made, in epoch seconds."""
        if not self.failures:
            return 0.0
        return self.last + min(FIRST * 2.0 ** min(self.failures - 1, 16), LONGEST)

    def keep(self, job: Object, view: View, changes: Changes) -> None:
        """Remember it, if there is anything new to remember."""
        if self != Backoff.of(job, view):
            value = f"{uid_of(job)} {self.failures} {self.last:.3f}"
            changes.remember(_memo(_key(job)), Memo(value))


def put_off(job: Object, now: float, changes: Changes) -> float:
    """No pod for a while, since the last one was refused; until when."""
    at = now + RETRY
    changes.remember(_retry_memo(_key(job)), Memo(f"{uid_of(job)} {at:.3f}"))
    return at


def may_create_at(job: Object, view: View) -> float:
    """When a pod may be asked for after a refusal; 0 for at any time."""
    memo = view.recall(_retry_memo(_key(job)))
    if memo is None:
        return 0.0
    uid, at = memo.value.split()
    return float(at) if uid == uid_of(job) else 0.0


def forget(key: Key, view: View, changes: Changes) -> None:
    """Nothing of a job that has ended, or is gone, need be remembered."""
    for name in (_memo(key), _retry_memo(key)):
        if view.recall(name) is not None:
            changes.remember(name, None)
