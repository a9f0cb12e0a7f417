"""What a deployment says of itself: counts, availability, progress.

Reasons and messages are those of Kubernetes' deployment controller, since `kubectl rollout
status` and people read them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kctl.api.times import now_text
from kctl.controllers import deployment_replicas as replicas
from kctl.controllers.common import epoch, name_of, with_condition
from kctl.controllers.deployment_rollout import Rollout, find_condition, put_condition
from kctl.controllers.types import Object

TIMED_OUT = "ProgressDeadlineExceeded"
FINISHED = "NewReplicaSetAvailable"


def counted(rollout: Rollout) -> Object:
    """The status with fresh counts and the Available condition; the rest as it was."""
    deployment, sets = rollout.deployment, rollout.sets
    newest = [rollout.new] if rollout.new is not None else []
    available = _sum(sets, "availableReplicas")
    status: dict[str, Any] = {
        "observedGeneration": deployment["metadata"].get("generation", 0),
        "replicas": _sum(sets, "replicas"),
        "updatedReplicas": _sum(newest, "replicas"),
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, replicas.total(sets) - available),
    }
    status = {name: value for name, value in status.items() if value}
    status["terminatingReplicas"] = _sum(sets, "terminatingReplicas")
    if deployment["status"].get("collisionCount"):
        status["collisionCount"] = deployment["status"]["collisionCount"]
    status["conditions"] = [dict(each) for each in deployment["status"].get("conditions") or ()]
    _set_available(rollout, status, available)
    return status


def _sum(sets: Iterable[Object], name: str) -> int:
    return sum(int(each.get("status", {}).get(name, 0)) for each in sets)


def _set_available(rollout: Rollout, status: Object, available: int) -> None:
    enough = available >= rollout.wanted - replicas.max_unavailable(rollout.deployment)
    put_condition(
        status,
        rollout.now,
        "Available",
        "True" if enough else "False",
        "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "Deployment has minimum availability."
        if enough
        else "Deployment does not have minimum availability.",
    )


def is_complete(deployment: Object, status: Object) -> bool:
    wanted = replicas.wanted(deployment)
    return bool(
        status.get("updatedReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
        and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    )


def with_progress(rollout: Rollout) -> tuple[Object, float | None]:
    """The status of a rollout under way, and when its deadline passes (epoch seconds)."""
    deployment = rollout.deployment
    status = counted(rollout)
    current = rollout.condition("Progressing")
    if rollout.deadline is None:
        _remove(status, "Progressing")
    elif not _finished(status, current):
        _set_progress(rollout, status, current)
    _set_failure(rollout, status)
    progressing = find_condition(status, "Progressing")
    waits = (
        rollout.deadline is not None
        and progressing is not None
        and not is_complete(deployment, status)
        and progressing["reason"] not in (TIMED_OUT, FINISHED)
    )
    if not waits:
        return status, None
    assert progressing is not None and rollout.deadline is not None
    return status, epoch(progressing["lastUpdateTime"]) + rollout.deadline + 1


def _finished(status: Object, current: dict[str, Any] | None) -> bool:
    """A rollout that has finished is not judged again for pods that come and go."""
    same = status.get("replicas", 0) == status.get("updatedReplicas", 0)
    return bool(same and current is not None and current["reason"] == FINISHED)


def _set_progress(rollout: Rollout, status: Object, current: dict[str, Any] | None) -> None:
    subject = f'Deployment "{rollout.name}"'
    if rollout.new is not None:
        subject = f'ReplicaSet "{name_of(rollout.new)}"'
    if is_complete(rollout.deployment, status):
        message = f"{subject} has successfully progressed."
        put_condition(status, rollout.now, "Progressing", "True", FINISHED, message)
    elif _progressing(rollout.deployment["status"], status):
        at = now_text(rollout.now)
        since = at
        if current is not None and current["status"] == "True":
            since = current["lastTransitionTime"]
        wanted = {
            "type": "Progressing",
            "status": "True",
            "lastUpdateTime": at,
            "lastTransitionTime": since,
            "reason": "ReplicaSetUpdated",
            "message": f"{subject} is progressing.",
        }
        _remove(status, "Progressing")
        status["conditions"] = with_condition(status["conditions"], wanted)
    elif _timed_out(rollout, status):
        message = f"{subject} has timed out progressing."
        put_condition(status, rollout.now, "Progressing", "False", TIMED_OUT, message)


def _progressing(before: Object, after: Object) -> bool:
    def old(status: Object) -> int:
        return int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))

    def grew(name: str) -> bool:
        return bool(after.get(name, 0) > before.get(name, 0))

    return (
        grew("updatedReplicas")
        or old(after) < old(before)
        or grew("readyReplicas")
        or grew("availableReplicas")
    )


def _timed_out(rollout: Rollout, status: Object) -> bool:
    condition = find_condition(status, "Progressing")
    if condition is None or rollout.deadline is None or condition["reason"] == FINISHED:
        return False
    if condition["reason"] == TIMED_OUT:
        return True
    return epoch(condition["lastUpdateTime"]) + rollout.deadline < rollout.now.timestamp()


def _set_failure(rollout: Rollout, status: Object) -> None:
    """ReplicaFailure of the newest replica set, else of any, shows on the deployment."""
    candidates = [rollout.new] if rollout.new is not None else []
    for each in [*candidates, *rollout.old]:
        failure = find_condition(each["status"], "ReplicaFailure")
        if failure is not None:
            put_condition(
                status,
                rollout.now,
                "ReplicaFailure",
                failure["status"],
                failure.get("reason", ""),
                failure.get("message", ""),
            )
            return
    _remove(status, "ReplicaFailure")


def _remove(status: Object, type_: str) -> None:
    status["conditions"] = [
        each for each in status.get("conditions") or () if each["type"] != type_
    ]
