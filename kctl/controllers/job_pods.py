"""The pods of a job: which are at work, and how a new one looks.

https://kubernetes.io/docs/concepts/workloads/controllers/job/
"""

from __future__ import annotations

import copy
from datetime import datetime

from kctl.controllers.common import (
    deleting,
    draft,
    epoch,
    free_name,
    generated_prefix,
    name_of,
    namespace_of,
    owner_reference,
    pod_active,
    pod_finished,
    uid_of,
)
from kctl.controllers.job_indexes import INDEX, index_of
from kctl.controllers.types import Changes, Object, View

PODS = "pods"
TRACKING = "batch.kubernetes.io/job-tracking"
_VARIABLE = "JOB_COMPLETION_INDEX"


def indexed(job: Object) -> bool:
    return bool(job["spec"].get("completionMode") == "Indexed")


def suspended(job: Object) -> bool:
    return bool(job["spec"].get("suspend"))


def only_failed_replaced(job: Object) -> bool:
    """Whether a pod is replaced only when it has ended, not when it begins to."""
    return bool(job["spec"].get("podReplacementPolicy") == "Failed")


def tracked(pod: Object) -> bool:
    """It waits to be counted."""
    return TRACKING in (pod["metadata"].get("finalizers") or ())


def untrack(pod: Object, changes: Changes) -> None:
    """Let the pod go as far as the job is concerned."""
    changed = draft(pod)
    finalizers = changed["metadata"].get("finalizers") or []
    left = [each for each in finalizers if each != TRACKING]
    changed["metadata"]["finalizers"] = left
    if not left:
        del changed["metadata"]["finalizers"]
    changes.update(changed)


def failed(pod: Object, job: Object) -> bool:
    """Ended badly, or on its way out before its work was done."""
    phase = pod.get("status", {}).get("phase")
    if phase == "Failed":
        return True
    return deleting(pod) and phase != "Succeeded" and not only_failed_replaced(job)


def terminating(pod: Object) -> bool:
    return deleting(pod) and not pod_finished(pod)


def ended_at(pod: Object, now: float) -> float:
    """When the last container ended; where that is not known, when the pod was to end."""
    ends = [
        epoch(((each.get("state") or {}).get("terminated") or {}).get("finishedAt"))
        for each in pod.get("status", {}).get("containerStatuses") or ()
    ]
    if any(ends):
        return max(ends)
    return min(epoch(pod["metadata"].get("deletionTimestamp")) or now, now)


def restarts(pods: list[Object]) -> int:
    """How often containers of pods that still run were restarted."""
    return sum(
        each.get("restartCount", 0)
        for pod in pods
        if pod.get("status", {}).get("phase") in ("Running", "Pending")
        for group in ("initContainerStatuses", "containerStatuses")
        for each in pod["status"].get(group) or ()
    )


def surplus(job: Object, pods: list[Object], wanted: int) -> list[Object]:
    """The active pods to end so that `wanted` are left: those with an index that counts no
    more or twice first, then unassigned before assigned, pending before running, not ready
    before ready, young before old."""
    active = [pod for pod in pods if pod_active(pod)]
    useless = _useless(job, active) if indexed(job) else []
    rest = [pod for pod in active if pod not in useless]
    count = max(len(rest) - wanted, 0)
    return useless + sorted(rest, key=_keep_rank)[:count]


def _useless(job: Object, active: list[Object]) -> list[Object]:
    seen: set[int] = set()
    listed = []
    completions = int(job["spec"].get("completions") or 0)
    for pod in sorted(active, key=_keep_rank, reverse=True):
        index = index_of(pod)
        if index is None or index >= completions or index in seen:
            listed.append(pod)
        else:
            seen.add(index)
    return listed


def _keep_rank(pod: Object) -> tuple[bool, bool, float, str]:
    running = pod.get("status", {}).get("phase") == "Running"
    created = epoch(pod["metadata"].get("creationTimestamp"))
    return bool(pod["spec"].get("nodeName")), running, -created, uid_of(pod)


def new_pods(
    job: Object, count: int, indexes: list[int] | None, view: View, now: datetime
) -> list[Object]:
    """`count` pods of the template, or one for each of `indexes`."""
    taken: set[str] = set()
    made = []
    for at in range(count if indexes is None else len(indexes)):
        index = None if indexes is None else indexes[at]
        prefix = _prefix(name_of(job), index)
        parts = (uid_of(job), now.timestamp(), at)
        name = free_name(view, PODS, namespace_of(job), prefix, *parts)
        if name in taken:
            name = free_name(view, PODS, namespace_of(job), prefix, *parts, "again")
        taken.add(name)
        made.append(_pod(job, name, prefix, index))
    return made


def _prefix(name: str, index: int | None) -> str:
    if index is None:
        return generated_prefix(name)
    tail = f"-{index}-"
    return name[: 58 - len(tail)] + tail


def _pod(job: Object, name: str, prefix: str, index: int | None) -> Object:
    template = job["spec"]["template"]
    metadata = copy.deepcopy(template.get("metadata") or {})
    metadata.pop("creationTimestamp", None)
    metadata.update(
        name=name,
        generateName=prefix,
        namespace=namespace_of(job),
        ownerReferences=[owner_reference(job)],
        finalizers=[TRACKING],
    )
    spec = copy.deepcopy(template.get("spec") or {})
    if index is not None:
        for part in ("annotations", "labels"):
            metadata[part] = {**(metadata.get(part) or {}), INDEX: str(index)}
        spec["hostname"] = f"{name_of(job)}-{index}"
        for each in (*(spec.get("initContainers") or ()), *spec["containers"]):
            _tell_index(each)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _tell_index(container: Object) -> None:
    env = container.get("env") or []
    if any(each["name"] == _VARIABLE for each in env):
        return
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
    container["env"] = [*env, {"name": _VARIABLE, "valueFrom": source}]
