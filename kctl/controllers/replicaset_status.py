"""What a replica set says of its pods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kctl.controllers.common import (
    available_at,
    deleting,
    labels_of,
    matches_labels,
    pod_active,
    pod_finished,
)
from kctl.controllers.types import Object


def status_of(
    replica_set: Object, pods: Sequence[Object], now: datetime
) -> tuple[Object, float | None]:
    """(status, when the next ready pod becomes available or None). `pods` are all pods
    that the replica set controls."""
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
    conditions = (replica_set.get("status") or {}).get("conditions")
    if conditions:
        status["conditions"] = conditions
    return status, min(due, default=None)
