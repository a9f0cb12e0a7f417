"""The replica set controller: as many pods of one template as asked for.

Follows https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/. A compute
is synchronous, so nothing need be expected: the view shows what this sync's forerunners
created and deleted.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kctl.api.selectors import from_object
from kctl.controllers.adoption import adopt, adopt_orphans, adoptable, release
from kctl.controllers.common import (
    accepts_content,
    controlled,
    controller_of,
    deleting,
    free_name,
    generated_prefix,
    key_of,
    key_of_controller,
    labels_of,
    name_of,
    namespace_of,
    owner_reference,
    pod_active,
    uid_of,
)
from kctl.controllers.replicaset_ranking import to_delete
from kctl.controllers.replicaset_status import RETRY, retry_at, status_of
from kctl.controllers.types import REFUSED, Changes, Event, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "replicasets.apps"
PODS = "pods"
NAME = "replicaset-controller"
BURST = 500
"""Pods made or deleted in one sync."""


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, obj)]


def _of_pod(obj: Object, view: View) -> Iterable[Key]:
    """The replica set that controls the pod; for an orphan the pod itself."""
    if controller_of(obj) is None:
        return [key_of(PODS, obj)]
    key = key_of_controller(obj, "ReplicaSet", RESOURCE)
    return [key] if key else []


class ReplicaSetController:
    """`kctl_controllers`: replicasets.apps. The key of a pod stands for an orphan that
    may be adopted."""

    name = NAME
    watches: Mapping[str, Mapper] = {RESOURCE: _own_key, PODS: _of_pod}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            obj = view.get(*key)
            if obj is None:
                continue
            if key.resource == PODS:
                _adopt_orphan(obj, view, changes)
            else:
                _sync_one(obj, view, now, changes)
        return changes


def _adopt_orphan(pod: Object, view: View, changes: Changes) -> None:
    if controller_of(pod) is not None:
        return
    for each in view.list(RESOURCE, namespace_of(pod)):
        if adoptable(pod, each):
            adopt(pod, each, changes)
            return


def _sync_one(replica_set: Object, view: View, now: datetime, changes: Changes) -> None:
    first = not (replica_set.get("status") or {}).get("observedGeneration")
    if first and adopt_orphans(view, replica_set, PODS, changes):
        return
    pods = _kept(replica_set, view, changes)
    refusal = view.recall(REFUSED + uid_of(replica_set))
    if refusal is not None:
        _tell_refusal(replica_set, refusal.value, now, changes)
    elif not deleting(replica_set):
        _manage(replica_set, pods, view, now, changes)
    status, due = status_of(replica_set, pods, now, refusal.value if refusal else "")
    if status != replica_set.get("status"):
        changes.update_status({**replica_set, "status": status})
    if due is not None:
        changes.requeue(key_of(RESOURCE, replica_set), due)


def _tell_refusal(replica_set: Object, message: str, now: datetime, changes: Changes) -> None:
    """Say why there is no new pod, and try again later."""
    changes.event(replica_set, "Warning", "FailedCreate", f"Error creating: {message}")
    changes.remember(REFUSED + uid_of(replica_set), None)
    changes.requeue(key_of(RESOURCE, replica_set), now.timestamp() + RETRY)


def _kept(replica_set: Object, view: View, changes: Changes) -> list[Object]:
    """The controlled pods, without those that are released for their labels."""
    kept = []
    selector = from_object(replica_set["spec"].get("selector"))
    for pod in controlled(view, replica_set, PODS):
        if selector.matches(labels_of(pod)):
            kept.append(pod)
        else:
            release(pod, replica_set, changes)
    return kept


def _manage(
    replica_set: Object, pods: list[Object], view: View, now: datetime, changes: Changes
) -> None:
    active = [pod for pod in pods if pod_active(pod)]
    surplus = len(active) - int(replica_set["spec"].get("replicas", 1))
    if surplus < 0 and now.timestamp() < retry_at(replica_set):
        changes.requeue(key_of(RESOURCE, replica_set), retry_at(replica_set))
    elif surplus < 0 and accepts_content(view, namespace_of(replica_set)):
        _create(replica_set, min(-surplus, BURST), view, now, changes)
    elif surplus > 0:
        related = _related(replica_set, view)
        count = min(surplus, BURST)
        for pod in to_delete(active, related, count, now.timestamp()):
            changes.delete(key_of(PODS, pod), uid_of(pod))
            message = f"Deleted pod: {name_of(pod)}"
            changes.event(replica_set, "Normal", "SuccessfulDelete", message)


def _create(replica_set: Object, count: int, view: View, now: datetime, changes: Changes) -> None:
    namespace, prefix = namespace_of(replica_set), generated_prefix(name_of(replica_set))
    taken: set[str] = set()
    for index in range(count):
        parts = (uid_of(replica_set), now.timestamp(), index)
        name = free_name(view, PODS, namespace, prefix, *parts)
        if name in taken:
            name = free_name(view, PODS, namespace, prefix, *parts, "again")
        taken.add(name)
        changes.create(_pod(replica_set, name, prefix))
        message, made = f"Created pod: {name}", Key(PODS, namespace, name)
        changes.events.append(
            Event(replica_set, "Normal", "SuccessfulCreate", message, "", NAME, made)
        )


def _pod(replica_set: Object, name: str, prefix: str) -> Object:
    template = replica_set["spec"]["template"]
    metadata = copy.deepcopy(template.get("metadata") or {})
    metadata.pop("creationTimestamp", None)
    metadata.update(
        name=name,
        generateName=prefix,
        namespace=namespace_of(replica_set),
        ownerReferences=[owner_reference(replica_set)],
    )
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": copy.deepcopy(template.get("spec") or {}),
    }


def _related(replica_set: Object, view: View) -> list[Object]:
    """The active pods of every replica set of the same owner."""
    owner = controller_of(replica_set)
    sets = [replica_set]
    if owner is not None:
        sets = [
            each
            for each in view.owned(owner["uid"], RESOURCE)
            if (controller_of(each) or {}).get("uid") == owner["uid"]
        ]
    return [pod for each in sets for pod in controlled(view, each, PODS) if pod_active(pod)]
