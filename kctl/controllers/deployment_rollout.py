"""One deployment with its replica sets, while a sync works on it.

The replica sets are drafts; what a sync changed on them becomes one update each at the
end, so that no write is in the way of another.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from kctl.api.safe_names import safe_hash
from kctl.api.times import now_text
from kctl.controllers import deployment_replicas as replicas
from kctl.controllers.common import (
    accepts_content,
    controlled,
    draft,
    name_of,
    namespace_of,
    owner_reference,
    with_condition,
)
from kctl.controllers.deployment_revision import (
    annotate_new,
    max_revision,
    revision_of,
    same_template,
    set_sizes,
)
from kctl.controllers.types import Changes, Object, View

HASH_LABEL = "pod-template-hash"
REPLICA_SETS = "replicasets.apps"


@dataclass
class Rollout:
    """`deployment` is a draft; `old` and `new` are the drafts of its replica sets."""

    deployment: Object
    view: View
    now: datetime
    changes: Changes
    old: list[Object] = field(default_factory=list)
    new: Object | None = None
    made: bool = False
    """The newest replica set is made by this sync."""
    _originals: dict[str, Object] = field(default_factory=dict)

    @classmethod
    def read(cls, deployment: Object, view: View, now: datetime, changes: Changes) -> Rollout:
        rollout = cls(with_status(deployment), view, now, changes)
        found = sorted(controlled(view, deployment, REPLICA_SETS), key=replicas.created)
        for each in found:
            rollout._originals[name_of(each)] = each
            drafted = with_status(each)
            if rollout.new is None and same_template(deployment, each):
                rollout.new = drafted
            else:
                rollout.old.append(drafted)
        return rollout

    @property
    def name(self) -> str:
        return name_of(self.deployment)

    @property
    def wanted(self) -> int:
        return replicas.wanted(self.deployment)

    @property
    def sets(self) -> list[Object]:
        return [*self.old, self.new] if self.new is not None else list(self.old)

    @property
    def active(self) -> list[Object]:
        return [each for each in self.sets if replicas.size(each) > 0]

    # --- the newest replica set ---

    def sync_revision(self, *, create: bool) -> None:
        """Give the newest replica set the highest revision, and the deployment the same;
        make that replica set where it is missing and `create` says so."""
        revision = max_revision(self.old) + 1
        if self.new is not None:
            self._refresh_new(revision)
        elif create:
            self._create_new(revision)

    def _refresh_new(self, revision: int) -> None:
        assert self.new is not None
        annotate_new(self.deployment, self.new, revision, exists=True)
        min_ready = self.deployment["spec"].get("minReadySeconds", 0)
        if self.new["spec"].get("minReadySeconds", 0) != min_ready:
            self.new["spec"]["minReadySeconds"] = min_ready
        self._set_revision(revision_of(self.new) or revision)
        if self.deadline is not None and self.condition("Progressing") is None:
            message = f'Found new replica set "{name_of(self.new)}"'
            self.set_condition("Progressing", "True", "FoundNewReplicaSet", message)

    def _create_new(self, revision: int) -> None:
        if not accepts_content(self.view, namespace_of(self.deployment)):
            return
        replica_set = self._template_set()
        if replica_set is None:
            return
        replica_set["spec"]["replicas"] = replicas.size_of_new(self.deployment, self.old, 0)
        annotate_new(self.deployment, replica_set, revision, exists=False)
        set_sizes(self.deployment, replica_set)
        self.new, self.made = replica_set, True
        self._scaled_event(replica_set, 0, replicas.size(replica_set))
        self._set_revision(revision)
        if self.deadline is not None:
            message = f'Created new replica set "{name_of(replica_set)}"'
            self.set_condition("Progressing", "True", "NewReplicaSetCreated", message)

    def _template_set(self) -> Object | None:
        """The replica set of the template as it is now; None after a name collision, which
        is counted so that the next sync looks for another name."""
        deployment = self.deployment
        template = copy.deepcopy(deployment["spec"]["template"])
        suffix = template_hash(template, deployment["status"].get("collisionCount"))
        name = f"{self.name}-{suffix}"
        if self.view.get(REPLICA_SETS, namespace_of(deployment), name) is not None:
            count = deployment["status"].get("collisionCount", 0)
            deployment["status"]["collisionCount"] = count + 1
            return None
        template.setdefault("metadata", {}).setdefault("labels", {})[HASH_LABEL] = suffix
        selector = copy.deepcopy(deployment["spec"]["selector"])
        selector.setdefault("matchLabels", {})[HASH_LABEL] = suffix
        return {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": name,
                "namespace": namespace_of(deployment),
                "labels": dict(template["metadata"]["labels"]),
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {
                "replicas": 0,
                "minReadySeconds": deployment["spec"].get("minReadySeconds", 0),
                "selector": selector,
                "template": template,
            },
            "status": {},
        }

    def _set_revision(self, revision: int) -> None:
        annotations = self.deployment["metadata"].setdefault("annotations", {})
        annotations["deployment.kubernetes.io/revision"] = str(revision)

    # --- sizes ---

    def scale(self, replica_set: Object, new_size: int) -> bool:
        """Give a replica set a size; True when that changed it."""
        old_size = replicas.size(replica_set)
        set_sizes(self.deployment, replica_set)
        if old_size == new_size:
            return False
        replica_set["spec"]["replicas"] = new_size
        self._scaled_event(replica_set, old_size, new_size)
        return True

    def _scaled_event(self, replica_set: Object, old_size: int, new_size: int) -> None:
        if old_size == new_size:
            return
        way = "up" if old_size < new_size else "down"
        message = f"Scaled {way} replica set {name_of(replica_set)} from {old_size} to {new_size}"
        self.changes.event(self.deployment, "Normal", "ScalingReplicaSet", message)

    # --- conditions ---

    @property
    def deadline(self) -> int | None:
        """progressDeadlineSeconds; None where the deployment may take for ever."""
        seconds = self.deployment["spec"].get("progressDeadlineSeconds")
        return None if seconds is None or seconds == 2**31 - 1 else int(seconds)

    def condition(self, type_: str) -> dict[str, Any] | None:
        return find_condition(self.deployment["status"], type_)

    def set_condition(self, type_: str, status: str, reason: str, message: str) -> None:
        put_condition(self.deployment["status"], self.now, type_, status, reason, message)

    # --- the end ---

    def replica_set_writes(self) -> Iterator[tuple[bool, Object]]:
        """(is new, replica set) for everything that this sync changed."""
        for each in self.sets:
            original = self._originals.get(name_of(each))
            if original is None or each != with_status(original):
                yield original is None, each


def with_status(obj: Object) -> Object:
    """A draft that has a status, be it empty."""
    drafted = draft(obj)
    drafted.setdefault("status", {})
    return drafted


def find_condition(status: Object, type_: str) -> dict[str, Any] | None:
    return next((each for each in status.get("conditions") or () if each["type"] == type_), None)


def put_condition(
    status: Object, now: datetime, type_: str, status_: str, reason: str, message: str
) -> None:
    """Set a condition unless its status and reason stand already; the transition time
    moves only with the status."""
    current = find_condition(status, type_)
    if current and (current["status"], current["reason"]) == (status_, reason):
        return
    at = now_text(now)
    wanted = {
        "type": type_,
        "status": status_,
        "lastUpdateTime": at,
        "lastTransitionTime": at,
        "reason": reason,
        "message": message,
    }
    if current and current["status"] == status_:
        wanted["lastTransitionTime"] = current["lastTransitionTime"]
    status["conditions"] = with_condition(status.get("conditions") or (), wanted)


def template_hash(template: Object, collisions: int | None) -> str:
    """Ten safe characters that follow from a pod template and the collisions so far."""
    text = orjson.dumps([template, collisions or 0], option=orjson.OPT_SORT_KEYS)
    return safe_hash(10, text)
