"""When a job begins, rests and ends, and the conditions that say so.

A job that is to fail says FailureTarget first, one that has enough successes
SuccessCriteriaMet; Failed and Complete follow when no pod of it is left at work.
"""

from __future__ import annotations

from kctl.api.times import now_text
from kctl.controllers.common import epoch, with_condition
from kctl.controllers.job_pods import restarts, suspended
from kctl.controllers.job_status import Tally, condition, has
from kctl.controllers.types import Changes
from kctl.store.types import Key

_REACHED = ("CompletionsReached", "Reached expected number of succeeded pods")


def started(tally: Tally) -> None:
    """The clock of a job runs from its first sync that is not suspended."""
    if not tally.status.get("startTime") and not suspended(tally.job):
        tally.status["startTime"] = now_text(tally.now)


def suspension(tally: Tally, changes: Changes) -> None:
    """Suspended comes and goes with the field; the clock starts anew on resuming."""
    if suspended(tally.job):
        if has(tally.status, "Suspended"):
            return
        made = condition("Suspended", "JobSuspended", "Job suspended", tally.now)
        changes.event(tally.job, "Normal", "Suspended", "Job suspended")
    elif has(tally.status, "Suspended"):
        made = condition("Suspended", "JobResumed", "Job resumed", tally.now)
        made["status"] = "False"
        changes.event(tally.job, "Normal", "Resumed", "Job resumed")
        tally.status["startTime"] = now_text(tally.now)
    else:
        return
    tally.status["conditions"] = with_condition(tally.status.get("conditions") or (), made)


def fail_if_needed(tally: Tally, key: Key, changes: Changes) -> None:
    """Say FailureTarget where the job may not go on. Sets the timer of a deadline."""
    if tally.ending or has(tally.status, "SuccessCriteriaMet"):
        return
    why = _failure(tally)
    if why is not None:
        _add(tally, "FailureTarget", *why)
        return
    deadline = _deadline(tally)
    if deadline is not None:
        changes.requeue(key, deadline)


def _failure(tally: Tally) -> tuple[str, str] | None:
    spec = tally.job["spec"]
    if tally.fail_job:
        return "PodFailurePolicy", tally.fail_job
    limit = int(spec.get("backoffLimit", 6))
    if (tally.ended_badly and tally.failed > limit) or _restarted_too_often(tally, limit):
        return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    deadline = _deadline(tally)
    if deadline is not None and deadline <= tally.now.timestamp():
        return "DeadlineExceeded", "Job was active longer than specified deadline"
    return None


def _restarted_too_often(tally: Tally, limit: int) -> bool:
    if tally.job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    count = restarts(tally.active)
    return count > 0 if limit == 0 else count >= limit


def _deadline(tally: Tally) -> float | None:
    seconds = tally.job["spec"].get("activeDeadlineSeconds")
    if seconds is None or suspended(tally.job) or not tally.status.get("startTime"):
        return None
    return epoch(tally.status["startTime"]) + float(seconds)


def end_if_over(tally: Tally, changes: Changes) -> None:
    """The conditions that end the job, when nothing of it is at work any more."""
    at_work = bool(tally.active) or bool(tally.terminating)
    if not tally.ending and not has(tally.status, "SuccessCriteriaMet") and _enough(tally):
        _add(tally, "SuccessCriteriaMet", *_REACHED)
    if at_work or not tally.settled:
        return
    failing = tally.ending
    if failing is not None:
        reason, message = failing["reason"], failing["message"]
        _add(tally, "Failed", reason, message)
        changes.event(tally.job, "Warning", reason, message)
    elif has(tally.status, "SuccessCriteriaMet"):
        _add(tally, "Complete", *_REACHED)
        tally.status["completionTime"] = now_text(tally.now)
        changes.event(tally.job, "Normal", "Completed", "Job completed")


def _enough(tally: Tally) -> bool:
    """A job without a number of completions waits for the pods that are left. A suspended
    job has none at work and none to come, and still is not complete."""
    if tally.active:
        return False
    if tally.completions is None:
        return tally.succeeded > 0
    return tally.succeeded >= tally.completions


def _add(tally: Tally, type_: str, reason: str, message: str) -> None:
    made = condition(type_, reason, message, tally.now)
    tally.status["conditions"] = [*(tally.status.get("conditions") or ()), made]
