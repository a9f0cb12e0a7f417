"""How a rollout moves pods from the old replica sets to the new one.

RollingUpdate trades them one against the other within maxSurge and maxUnavailable;
Recreate waits until nothing of the old is left. Each function makes one move and says
whether it did.
"""

from __future__ import annotations

from kctl.controllers import deployment_replicas as replicas
from kctl.controllers.common import controlled, deleting, key_of, pod_finished, uid_of
from kctl.controllers.deployment_revision import revision_of
from kctl.controllers.deployment_rollout import REPLICA_SETS, Rollout


def roll(rollout: Rollout) -> None:
    """One step of a rolling update."""
    rollout.sync_revision(create=True)
    if rollout.made or rollout.new is None or grow_new(rollout):
        return
    shrink_old(rollout)


def grow_new(rollout: Rollout) -> bool:
    """Bring the new replica set as near to the wanted size as maxSurge allows."""
    assert rollout.new is not None
    current = replicas.size(rollout.new)
    if current == rollout.wanted:
        return False
    if current > rollout.wanted:
        return rollout.scale(rollout.new, rollout.wanted)
    allowed = replicas.size_of_new(rollout.deployment, rollout.sets, current)
    return rollout.scale(rollout.new, allowed)


def shrink_old(rollout: Rollout) -> bool:
    """Take pods from the old replica sets, the unhealthy first, as maxUnavailable allows."""
    assert rollout.new is not None
    if replicas.total(rollout.old) == 0:
        return False
    minimum = rollout.wanted - replicas.max_unavailable(rollout.deployment)
    unavailable_new = replicas.size(rollout.new) - replicas.available(rollout.new)
    most = replicas.total(rollout.sets) - minimum - unavailable_new
    if most <= 0:
        return False
    cleaned = _drop_unhealthy(rollout, most)
    shrunk = _drop_available(rollout, minimum)
    return cleaned or shrunk


def _drop_unhealthy(rollout: Rollout, most: int) -> bool:
    dropped = 0
    for each in sorted(rollout.old, key=replicas.created):
        unhealthy = replicas.size(each) - replicas.available(each)
        count = min(most - dropped, unhealthy)
        if count > 0:
            rollout.scale(each, replicas.size(each) - count)
            dropped += count
    return dropped > 0


def _drop_available(rollout: Rollout, minimum: int) -> bool:
    surplus = sum(map(replicas.available, rollout.sets)) - minimum
    dropped = 0
    for each in sorted(rollout.old, key=replicas.created):
        count = min(replicas.size(each), surplus - dropped)
        if count > 0:
            rollout.scale(each, replicas.size(each) - count)
            dropped += count
    return dropped > 0


def recreate(rollout: Rollout) -> None:
    """One step of strategy Recreate."""
    rollout.sync_revision(create=False)
    stopped = [rollout.scale(each, 0) for each in rollout.old if replicas.size(each) > 0]
    if any(stopped) or _old_pods_run(rollout):
        return
    if rollout.new is None:
        rollout.sync_revision(create=True)
    if rollout.new is not None and not rollout.made:
        rollout.scale(rollout.new, rollout.wanted)


def _old_pods_run(rollout: Rollout) -> bool:
    return any(
        not pod_finished(pod)
        for each in rollout.old
        for pod in controlled(rollout.view, each, "pods")
    )


def scale_all(rollout: Rollout) -> None:
    """Follow a change of the wanted number without touching the rollout itself: the one
    active replica set takes it all, several share it in proportion."""
    only = _active_or_latest(rollout)
    if only is not None:
        rollout.scale(only, rollout.wanted)
        return
    if _saturated(rollout):
        for each in rollout.old:
            rollout.scale(each, 0)
        return
    if replicas.is_rolling(rollout.deployment):
        sizes = replicas.shares(rollout.deployment, rollout.active)
        for each in rollout.active:
            rollout.scale(each, sizes[each["metadata"]["name"]])


def _active_or_latest(rollout: Rollout) -> dict[str, object] | None:
    active = rollout.active
    if len(active) > 1:
        return None
    if active:
        return active[0]
    if rollout.new is not None:
        return rollout.new
    return max(rollout.old, key=replicas.created, default=None)


def _saturated(rollout: Rollout) -> bool:
    new = rollout.new
    return (
        new is not None
        and replicas.size(new) == rollout.wanted
        and replicas.annotated(new, replicas.DESIRED) == rollout.wanted
        and replicas.available(new) == rollout.wanted
    )


def forget_old(rollout: Rollout) -> None:
    """Delete the oldest empty replica sets beyond revisionHistoryLimit."""
    limit = rollout.deployment["spec"].get("revisionHistoryLimit")
    if limit is None:
        return
    candidates = [each for each in rollout.old if not deleting(each)]
    surplus = len(candidates) - int(limit)
    by_revision = sorted(candidates, key=lambda each: (revision_of(each), replicas.created(each)))
    for each in by_revision[: max(0, surplus)]:
        status = each["status"]
        current = status.get("observedGeneration", 0) >= each["metadata"].get("generation", 0)
        if replicas.size(each) == 0 and status.get("replicas", 0) == 0 and current:
            rollout.changes.delete(key_of(REPLICA_SETS, each), uid_of(each))
