"""What a replica set says of its pods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import (
    available_at,
    condition,
    deleting,
    epoch,
    labels_of,
    matches_labels,
    pod_active,
    pod_finished,
    with_condition,
)
from kctl.controllers.types import Object

RETRY = 30
"""Seconds after which a pod that was refused is asked for again."""


def status_of(
    replica_set: Object, pods: Sequence[Object], now: datetime, refusal: str = ""
) -> tuple[Object, float | None]:
    """(status, when the next ready pod becomes available or None). `pods` are all pods
    that the replica set controls; `refusal` says why the last one could not be made."""
    active = [pod for pod in pods if pod_active(pod)]
    template_labels = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
    min_ready = int(replica_set["spec"].get("minReadySeconds", 0))
    ready = [at for pod in active if (at := available_at(pod, min_ready)) is not None]
    due = [at for at in ready if at > now.timestamp()]
    counts: dict[str, Any] = {
        "fullyLabeledReplicas": sum(matches_labels(template_labels, labels_of(p)) for p in active),
        "readyReplicas": len(ready),
        "availableReplicas": len(ready) - len(due),
        "observedGeneration": replica_set["metadata"].get("generation", 0),
    }
    status: dict[str, Any] = {"replicas": len(active)}
    status.update({name: value for name, value in counts.items() if value})
    status["terminatingReplicas"] = sum(deleting(p) and not pod_finished(p) for p in pods)
    conditions = _conditions(replica_set, len(active), refusal, now)
    if conditions:
        status["conditions"] = conditions
    return status, min(due, default=None)


def retry_at(replica_set: Object) -> float:
    """When a pod may be asked for after a refusal, in epoch seconds; 0 for at any time."""
    failure = condition(replica_set, "ReplicaFailure")
    return epoch(failure["lastTransitionTime"]) + RETRY if failure else 0.0


def _conditions(
    replica_set: Object, active: int, refusal: str, now: datetime
) -> list[dict[str, Any]]:
    """ReplicaFailure stands from a refusal until the number is right; its time is that of
    the last try."""
    current = (replica_set.get("status") or {}).get("conditions") or []
    if refusal:
        failure = {
            "type": "ReplicaFailure",
            "status": "True",
            "lastTransitionTime": now_text(now),
            "reason": "FailedCreate",
            "message": refusal,
        }
        return with_condition(current, failure)
    if active == int(replica_set["spec"].get("replicas", 1)):
        return [dict(each) for each in current if each["type"] != "ReplicaFailure"]
    return list(current)
