"""Is something still on its way that only time brings?

A command leaves a detached pass behind when the answer is yes: a pod whose probe has
not passed yet, one that is being stopped, a rollout that is not complete.
"""

from __future__ import annotations

from typing import Any

from kctl.reconcile.mirror import Mirror

Object = dict[str, Any]


def on_its_way(mirror: Mirror) -> bool:
    """True while a pod or a deployment is still moving towards what was asked."""
    return any(_pod_moves(pod) for pod in _objects(mirror, "pods")) or any(
        _rollout_moves(each) for each in _objects(mirror, "deployments.apps")
    )


def _objects(mirror: Mirror, resource: str) -> list[Object]:
    return [mirror.object(record) for record in mirror.list(resource).values()]


def _condition(obj: Object, name: str) -> Object:
    conditions = (obj.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == name), {})


def _pod_moves(pod: Object) -> bool:
    if "deletionTimestamp" in pod["metadata"]:
        return True
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return False
    if not pod["spec"].get("nodeName"):
        return False  # waits for a node, not for time
    return bool(_condition(pod, "Ready").get("status") != "True")


def _rollout_moves(deployment: Object) -> bool:
    if deployment["spec"].get("paused"):
        return False
    if _condition(deployment, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return False
    status = deployment.get("status") or {}
    wanted = deployment["spec"].get("replicas", 1)
    return bool(
        status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0)
        or status.get("updatedReplicas", 0) < wanted
        or status.get("replicas", 0) > wanted
        or status.get("availableReplicas", 0) < wanted
    )
