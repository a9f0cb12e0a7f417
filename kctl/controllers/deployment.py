"""The deployment controller: replica sets for each template, and rollouts between them.

Follows https://kubernetes.io/docs/concepts/workloads/controllers/deployment/ and the
habits of Kubernetes' own controller where the page is silent. One sync makes one move;
what it writes brings the deployment back for the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.controllers import deployment_replicas as replicas
from kctl.controllers.adoption import adopt_orphans
from kctl.controllers.common import (
    deleting,
    draft,
    key_of,
    key_of_controller,
    pod_finished,
)
from kctl.controllers.deployment_rollout import REPLICA_SETS, Rollout
from kctl.controllers.deployment_status import TIMED_OUT, counted, is_complete, with_progress
from kctl.controllers.deployment_strategy import forget_old, recreate, roll, scale_all
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "deployments.apps"


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, obj)]


def _of_replica_set(obj: Object, view: View) -> Iterable[Key]:
    key = key_of_controller(obj, "Deployment", RESOURCE)
    return [key] if key else []


def _of_pod(obj: Object, view: View) -> Iterable[Key]:
    """Recreate waits for the last old pod to end: only such an end matters here."""
    if not pod_finished(obj) and view.get(*key_of("pods", obj)) is not None:
        return []
    set_key = key_of_controller(obj, "ReplicaSet", REPLICA_SETS)
    replica_set = view.get(*set_key) if set_key else None
    key = key_of_controller(replica_set, "Deployment", RESOURCE) if replica_set else None
    deployment = view.get(*key) if key else None
    if key is None or deployment is None or replicas.is_rolling(deployment):
        return []
    return [key]


class DeploymentController:
    """`kctl_controllers`: deployments.apps."""

    name = "deployment-controller"
    watches: Mapping[str, Mapper] = {
        RESOURCE: _own_key,
        REPLICA_SETS: _of_replica_set,
        "pods": _of_pod,
    }

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            deployment = view.get(*key)
            if deployment is not None:
                self._sync_one(deployment, view, now, changes)
        return changes

    def _sync_one(self, deployment: Object, view: View, now: datetime, changes: Changes) -> None:
        if not deployment.get("status") and adopt_orphans(view, deployment, REPLICA_SETS, changes):
            return
        rollout = Rollout.read(deployment, view, now, changes)
        moved, due = self._move(rollout)
        self._write(deployment, rollout, moved)
        if due is not None:
            changes.requeue(key_of(RESOURCE, deployment), due)

    def _move(self, rollout: Rollout) -> tuple[Object, float | None]:
        """One move; the status after it, and when to look again for the deadline."""
        deployment = rollout.deployment
        if deleting(deployment):
            return counted(rollout), None
        _mark_pause(rollout)
        paused = bool(deployment["spec"].get("paused"))
        if paused or _is_scaled(rollout):
            rollout.sync_revision(create=False)
            scale_all(rollout)
            if paused:
                forget_old(rollout)
            return counted(rollout), None
        if replicas.is_rolling(deployment):
            roll(rollout)
        else:
            recreate(rollout)
        status, due = with_progress(rollout)
        if is_complete(deployment, status):
            forget_old(rollout)
        return status, due

    def _write(self, before: Object, rollout: Rollout, status: Object) -> None:
        """Replica sets first. A status that follows a write of the annotations carries no
        resourceVersion: that write has just changed it."""
        changes = rollout.changes
        for is_new, replica_set in rollout.replica_set_writes():
            if is_new:
                changes.create(replica_set)
            else:
                changes.update(replica_set)
        after = rollout.deployment
        if after["metadata"] != draft(before)["metadata"]:
            changes.update(draft(after) | {"status": before.get("status") or {}})
            after["metadata"].pop("resourceVersion", None)
        if status != (before.get("status") or {}):
            changes.update_status(after | {"status": status})


def _is_scaled(rollout: Rollout) -> bool:
    """The wanted number changed since the active replica sets were sized."""
    sizes = (replicas.annotated(each, replicas.DESIRED) for each in rollout.active)
    return any(size is not None and size != rollout.wanted for size in sizes)


def _mark_pause(rollout: Rollout) -> None:
    """Say on the Progressing condition that the clock of the deadline stands still."""
    if rollout.deadline is None:
        return
    current = rollout.condition("Progressing")
    if current is not None and current["reason"] == TIMED_OUT:
        return
    paused = bool(rollout.deployment["spec"].get("paused"))
    marked = current is not None and current["reason"] == "DeploymentPaused"
    if paused and not marked:
        rollout.set_condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    elif marked and not paused:
        rollout.set_condition(
            "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed"
        )
