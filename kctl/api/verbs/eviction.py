"""Eviction: a delete of a pod that asks its disruption budget first.

https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kctl.api import errors, times
from kctl.api.context import Context
from kctl.api.encode import copy, decode
from kctl.api.kind import Kind, Object
from kctl.api.selectors import from_object
from kctl.api.verbs import delete, update
from kctl.store.types import Conflict, Record

EVICTION = Kind(
    group="policy",
    kind="Eviction",
    plural="evictions",
    schema="io.k8s.api.policy.v1.Eviction",
    columns=(),
    row=lambda obj: [],
)
"""What a client sends to the subresource "eviction" of a pod; it is never stored."""
BUDGETS = "poddisruptionbudgets.policy"
ATTEMPTS = 20
"""While others change the same pod or budget."""
TOO_MANY_DISRUPTED = 2000
"""Evictions that the disruption controller has not taken notice of yet."""

_SEVERAL = (
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
    "support."
)
_TARGET = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "EvictionByEvictionAPI",
    "message": "Eviction API: evicting",
}


def evict(
    context: Context, name: str, namespace: str, eviction: Object | None, dry_run: bool
) -> Object:
    """The Status of a success. Raises ApiError: 429 where the budget of the pod does not
    allow it now, 500 where several budgets select the pod, 404 without the pod."""
    options = _options(context, name, eviction, dry_run)
    pods = context.kind("pods")
    for attempt in range(1, ATTEMPTS + 1):
        record = context.record(pods, name, namespace)
        try:
            _evict(context, pods, record, options)
            return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        except Conflict:
            if attempt == ATTEMPTS or options.resource_version:
                raise errors.conflict(pods.resource, name) from None
    raise AssertionError("the last attempt returns or raises")


def _options(context: Context, name: str, eviction: Object | None, dry_run: bool) -> delete.Options:
    """The DeleteOptions of an Eviction."""
    given = context.read(EVICTION, eviction or {"metadata": {"name": name}}, "Strict")
    if given["metadata"].get("name") != name:
        raise errors.bad_request("name in URL does not match name in Eviction object")
    asked = given.get("deleteOptions") or {}
    conditions = asked.get("preconditions") or {}
    options = delete.Options(
        asked.get("propagationPolicy"),
        asked.get("gracePeriodSeconds"),
        conditions.get("uid"),
        conditions.get("resourceVersion"),
        dry_run or asked.get("dryRun") == ["All"],
    )
    delete.check_options(options)
    return options


def _evict(context: Context, pods: Kind, record: Record, options: delete.Options) -> None:
    """One attempt. Raises Conflict where the pod or its budget changed meanwhile."""
    pod = decode(record)
    delete.check_preconditions(pods, pod, options)
    if not _ignores_budget(pod):
        budget = _budget(context, pod)
        if budget is not None and not _unguarded(pod, decode(budget)):
            _spend(context, pod, budget, options.dry_run)
    if not options.dry_run:
        record = _announce(context, pods, record, pod)
    if options.resource_version:
        options = replace(options, resource_version=str(record.revision))
    delete.attempt(context, pods, record, options)


def _ignores_budget(pod: Object) -> bool:
    """A pod that is not running, or is going already, disturbs nobody."""
    phase = (pod.get("status") or {}).get("phase")
    return phase in ("Succeeded", "Failed", "Pending") or _is_going(pod)


def _is_going(pod: Object) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def _budget(context: Context, pod: Object) -> Record | None:
    """The budget that selects the pod. Raises the 500 where several do."""
    meta = pod["metadata"]
    found = [
        record
        for record in context.backend.list(BUDGETS, meta["namespace"]).records
        if _selects(decode(record), meta.get("labels") or {})
    ]
    if len(found) > 1:
        raise errors.ApiError(500, "", _SEVERAL)
    return found[0] if found else None


def _selects(budget: Object, labels: Mapping[str, str]) -> bool:
    return from_object((budget.get("spec") or {}).get("selector")).matches(labels)


def _unguarded(pod: Object, budget: Object) -> bool:
    """A pod that is not ready does not count as healthy; its eviction costs nothing where
    the policy of the budget says so, or where the budget is met without it."""
    if _is_ready(pod):
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget["status"]
    return bool(0 < status["desiredHealthy"] <= status["currentHealthy"])


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _spend(context: Context, pod: Object, record: Record, dry_run: bool) -> None:
    """Take one disruption from the budget. Raises the 429 where none is left."""
    budget = decode(record)
    _refuse_overdrawn(budget)
    status = copy(budget["status"])
    status["disruptionsAllowed"] -= 1
    now = times.now_text(context.now())
    if status["disruptionsAllowed"] == 0:
        status["conditions"] = disruption_allowed(status, now)
    if dry_run:
        return
    disrupted = status.get("disruptedPods") or {}
    status["disruptedPods"] = {**disrupted, pod["metadata"]["name"]: now}
    kind = context.kind(BUDGETS)
    update.replace(context, kind, record, {**budget, "status": status}, "status", False)


def _refuse_overdrawn(budget: Object) -> None:
    meta, status = budget["metadata"], budget["status"]
    name = meta["name"]
    if status.get("observedGeneration", 0) < meta.get("generation", 0):
        why = f"The disruption budget {name} is still being processed by the server."
        raise errors.budget_spent(why, retry_after=10)
    if status["disruptionsAllowed"] < 0:
        why = "pdb disruptions allowed is negative"
        raise errors.forbidden("poddisruptionbudget.policy", name, why)
    if len(status.get("disruptedPods") or {}) > TOO_MANY_DISRUPTED:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise errors.forbidden("poddisruptionbudget.policy", name, why)
    if status["disruptionsAllowed"] == 0:
        raise errors.budget_spent(_why_spent(name, status))


def _why_spent(name: str, status: Mapping[str, Any]) -> str:
    conditions = status.get("conditions") or ()
    said: Object = next((each for each in conditions if each["type"] == "DisruptionAllowed"), {})
    told = said.get("message") if said.get("status") == "False" else ""
    refuses = f"The disruption budget {name} does not allow evicting pods currently"
    if told and said.get("reason") == "SyncFailed":
        return f"{refuses} because it failed sync: {told}"
    wanted, current = status["desiredHealthy"], status["currentHealthy"]
    if current <= wanted:
        return (
            f"The disruption budget {name} needs {wanted} healthy pods and has {current} currently"
        )
    return f"{refuses} ({said['reason']}): {told}" if told else refuses


def disruption_allowed(status: Mapping[str, Any], now: str) -> list[Object]:
    """The conditions of a budget's status, DisruptionAllowed as its count says."""
    allowed = status["disruptionsAllowed"] > 0
    reason = "SufficientPods" if allowed else "InsufficientPods"
    return with_disruption_allowed(status, allowed, reason, "", now)


def with_disruption_allowed(
    status: Mapping[str, Any], allowed: bool, reason: str, message: str, now: str
) -> list[Object]:
    """The conditions with a new DisruptionAllowed; its time is that of the last change of
    its status."""
    word = "True" if allowed else "False"
    current = list(status.get("conditions") or ())
    before: Object = next((each for each in current if each["type"] == "DisruptionAllowed"), {})
    since = before.get("lastTransitionTime") if before.get("status") == word else None
    wanted: Object = {"type": "DisruptionAllowed", "status": word}
    if status.get("observedGeneration"):
        wanted["observedGeneration"] = status["observedGeneration"]
    wanted |= {"lastTransitionTime": since or now, "reason": reason, "message": message}
    if before:
        return [wanted if each is before else each for each in current]
    return [*current, wanted]


def _announce(context: Context, pods: Kind, record: Record, pod: Object) -> Record:
    """Say in the pod's conditions that it is evicted, before it goes."""
    status = dict(pod.get("status") or {})
    others = [each for each in status.get("conditions") or () if each["type"] != _TARGET["type"]]
    if len(others) < len(status.get("conditions") or ()) or _is_going(pod):
        return record
    target = {**_TARGET, "lastTransitionTime": times.now_text(context.now())}
    status["conditions"] = [*others, target]
    update.replace(context, pods, record, {**pod, "status": status}, "status", False)
    meta = pod["metadata"]
    return context.record(pods, meta["name"], meta["namespace"])
