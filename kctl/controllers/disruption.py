"""The disruption controller: how many of a group of pods may be evicted now.

https://kubernetes.io/docs/tasks/run-application/configure-pdb/: the status of each
PodDisruptionBudget, which an eviction reads and counts down. Shares are taken of the
scale of the controllers that own the pods.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from kctl.api.times import now_text
from kctl.api.verbs.eviction import disruption_allowed, with_disruption_allowed
from kctl.controllers.common import (
    controller_of,
    deleting,
    epoch,
    key_of,
    labels_of,
    matches,
    name_of,
    namespace_of,
    ready_since,
    uid_of,
)
from kctl.controllers.endpoint_addresses import LABELS, by_labels
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.store.types import Key

RESOURCE = "poddisruptionbudgets.policy"
DELETION_TIMEOUT = 120
"""Seconds within which an evicted pod is expected to be on its way out."""
_UNMANAGED = (
    "Pods selected by this PodDisruptionBudget (selector: {}) were found to be unmanaged. As a "
    "result, the status of the PDB cannot be calculated correctly, which may result in "
    "undefined behavior. To account for these pods please set "
    '".spec.minAvailable" field of the PDB to an integer value.'
)


class Unknown(Exception):
    """The scale of the pods cannot be told; the message says why."""


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of(RESOURCE, obj)]


class DisruptionController:
    """`kctl_controllers`: poddisruptionbudgets.policy. A key of labels stands for the
    budgets that select them."""

    name = "controllermanager:disruption"
    watches: Mapping[str, Mapper] = {RESOURCE: _own_key, "pods": by_labels}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in _budgets(keys, view):
            budget = view.get(*key)
            if budget is not None:
                _sync_one(budget, view, now, changes)
        return changes


def _budgets(keys: Sequence[Key], view: View) -> list[Key]:
    """The budgets that `keys` mean."""
    found = {key: None for key in keys if key.resource != LABELS}
    changed: dict[str, list[Mapping[str, str]]] = {}
    for key in keys:
        if key.resource == LABELS:
            changed.setdefault(key.namespace, []).append(orjson.loads(key.name))
    for namespace, label_sets in changed.items():
        for budget in view.list(RESOURCE, namespace):
            if any(matches(budget["spec"].get("selector"), labels) for labels in label_sets):
                found[Key(RESOURCE, namespace, name_of(budget))] = None
    return list(found)


def _sync_one(budget: Object, view: View, now: datetime, changes: Changes) -> None:
    selector = budget["spec"].get("selector")
    pods = [
        pod for pod in view.list("pods", namespace_of(budget)) if matches(selector, labels_of(pod))
    ]
    try:
        expected, desired, unmanaged = _expected(budget, pods, view)
    except Unknown as error:
        _fail(budget, str(error), now, changes)
        return
    disrupted, recheck = _disrupted(budget, pods, now, changes)
    healthy = sum(
        ready_since(pod) is not None and not deleting(pod) and name_of(pod) not in disrupted
        for pod in pods
    )
    status = _status(budget, healthy, desired, expected, disrupted, now)
    if recheck is not None:
        changes.requeue(key_of(RESOURCE, budget), recheck)
    if status == budget["status"]:
        return
    changes.update_status({**budget, "status": status})
    if not pods:
        changes.event(budget, "Normal", "NoPods", "No matching pods found")
    if unmanaged:
        changes.event(budget, "Warning", "UnmanagedPods", _UNMANAGED.format(_go_text(selector)))


def _go_text(selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector as Go prints a pointer to one: "&LabelSelector{MatchLabels:…,}"."""
    labels = (selector or {}).get("matchLabels") or {}
    pairs = "".join(f"{key}: {labels[key]}," for key in sorted(labels))
    terms = (selector or {}).get("matchExpressions") or []
    listed = ",".join(
        f"LabelSelectorRequirement{{Key:{each['key']},Operator:{each['operator']},"
        f"Values:[{' '.join(each.get('values') or [])}],}}"
        for each in terms
    )
    expressions = f"{listed}," if listed else ""
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{pairs}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )


def _status(
    budget: Object,
    healthy: int,
    desired: int,
    expected: int,
    disrupted: Mapping[str, str],
    now: datetime,
) -> Object:
    status: Object = {
        "observedGeneration": budget["metadata"].get("generation", 0),
        "disruptionsAllowed": max(healthy - desired, 0) if expected > 0 else 0,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "conditions": budget["status"].get("conditions") or [],
    }
    if disrupted:
        status["disruptedPods"] = dict(disrupted)
    status["conditions"] = disruption_allowed(status, now_text(now))
    return status


def _fail(budget: Object, why: str, now: datetime, changes: Changes) -> None:
    """Allow nothing while nobody knows what is there."""
    status = {**budget["status"], "disruptionsAllowed": 0}
    status["conditions"] = with_disruption_allowed(status, False, "SyncFailed", why, now_text(now))
    if status != budget["status"]:
        changes.update_status({**budget, "status": status})
        message = f"Failed to calculate the number of expected pods: {why}"
        changes.event(budget, "Warning", "CalculateExpectedPodCountFailed", message)


# --- how many there should be ---


def _expected(budget: Object, pods: Sequence[Object], view: View) -> tuple[int, int, bool]:
    """(expected pods, desired healthy ones, whether some have no controller)."""
    spec = budget["spec"]
    most, least = spec.get("maxUnavailable"), spec.get("minAvailable")
    if most is not None:
        expected, unmanaged = _scale(pods, view)
        return expected, max(expected - _share(most, expected), 0), unmanaged
    if isinstance(least, str):
        expected, unmanaged = _scale(pods, view)
        return expected, _share(least, expected), unmanaged
    return (len(pods), least, False) if least is not None else (0, 0, False)


def _share(value: int | str, whole: int) -> int:
    """An int-or-percent of `whole`, rounded up."""
    return value if isinstance(value, int) else math.ceil(int(value[:-1]) * whole / 100)


def _scale(pods: Sequence[Object], view: View) -> tuple[int, bool]:
    """The sum of what the controllers of `pods` are to run, and whether a pod has none."""
    scales: dict[str, int] = {}
    known: set[str] = set()
    unmanaged = False
    for pod in pods:
        owner = controller_of(pod)
        if owner is None:
            unmanaged = True
        elif owner["uid"] not in known:
            known.add(owner["uid"])
            uid, count = _scale_of(owner, pod, view)
            scales[uid] = count
    return sum(scales.values()), unmanaged


def _scale_of(owner: Mapping[str, Any], pod: Object, view: View) -> tuple[str, int]:
    """(uid, wanted pods) of the controller; for a replica set of a deployment, of the
    deployment, since two of its sets share one number. Raises Unknown."""
    found = _controller(owner, pod, view)
    above = controller_of(found) if owner["kind"] == "ReplicaSet" else None
    if above is not None and above["kind"] == "Deployment":
        found = _controller(above, pod, view)
    return uid_of(found), int(found["spec"].get("replicas", 0))


def _controller(owner: Mapping[str, Any], pod: Object, view: View) -> Object:
    group = owner["apiVersion"].rpartition("/")[0]
    for kind in view.kinds():
        if (kind.group, kind.kind) == (group, owner["kind"]):
            if kind.scale is None:
                raise Unknown(f"{kind.resource} does not implement the scale subresource")
            found = view.get(kind.resource, namespace_of(pod), owner["name"])
            if found is not None and uid_of(found) == owner["uid"]:
                return found
    raise Unknown(f'found no controllers for pod "{name_of(pod)}"')


# --- evictions that are under way ---


def _disrupted(
    budget: Object, pods: Sequence[Object], now: datetime, changes: Changes
) -> tuple[dict[str, str], float | None]:
    """The evicted pods that are not being deleted yet, and when to look again. One that
    nobody deleted in time counts as healthy again."""
    given = budget["status"].get("disruptedPods") or {}
    waiting: dict[str, str] = {}
    for pod in pods:
        since = given.get(name_of(pod))
        if since is None or deleting(pod):
            continue
        if epoch(since) + DELETION_TIMEOUT <= now.timestamp():
            where = f"{namespace_of(budget)}/{name_of(budget)}"
            message = f"Pod was expected by PDB {where} to be deleted but it wasn't"
            changes.event(pod, "Warning", "NotDeleted", message)
        else:
            waiting[name_of(pod)] = since
    due = min((epoch(since) + DELETION_TIMEOUT for since in waiting.values()), default=None)
    return waiting, due
