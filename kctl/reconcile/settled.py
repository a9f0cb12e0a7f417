"""Is something still on its way that only time brings?

A command leaves a detached pass behind when the answer is yes: a pod whose probe has
not passed yet, one that is being stopped, a rollout that is not complete. What only the
answer of a lost host can bring is not waited for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kctl.controllers.nodelifecycle_disruption import ready
from kctl.controllers.nodelifecycle_eviction import evicting, leaves_at
from kctl.reconcile.mirror import Mirror
from kctl.reconcile.observed import Observed
from kctl.store.types import Key

Object = dict[str, Any]


def on_its_way(mirror: Mirror) -> bool:
    """True while a pod or a deployment is still moving towards what was asked, or a node
    leaves: that ends by itself, whether its host answers or not."""
    nodes = _objects(mirror, "nodes")
    if any("deletionTimestamp" in node["metadata"] for node in nodes):
        return True
    lost = {node["metadata"]["name"]: node for node in nodes if not ready(node)}
    if any(_tries_ways(node) for node in nodes if node["metadata"]["name"] not in lost):
        return True
    return (
        any(_pod_moves(pod, lost) for pod in _objects(mirror, "pods"))
        or any(_rollout_moves(each) for each in _objects(mirror, "deployments.apps"))
        or any(_job_moves(each) for each in _objects(mirror, "jobs.batch"))
    )


def just_silent(mirror: Mirror, observed: Observed) -> bool:
    """A host does not answer that counts as ready still: in a moment it counts as lost."""
    for name, seen in observed.nodes.items():
        if not seen.reachable and not seen.refused:
            record = mirror.get(Key("nodes", "", name))
            if record is not None and ready(mirror.object(record)):
                return True
    return False


def _objects(mirror: Mirror, resource: str) -> list[Object]:
    return [mirror.object(record) for record in mirror.list(resource).values()]


def _condition(obj: Object, name: str) -> Object:
    conditions = (obj.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == name), {})


def _tries_ways(node: Object) -> bool:
    """Whether its pods can be reached from other nodes is known in some seconds."""
    return bool(_condition(node, "NetworkUnavailable").get("status") == "Unknown")


def _pod_moves(pod: Object, lost: dict[str, Object]) -> bool:
    node = lost.get(pod["spec"].get("nodeName", ""))
    if node is not None:
        return _leaves(pod, node)
    if "deletionTimestamp" in pod["metadata"]:
        return True
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return False
    if not pod["spec"].get("nodeName"):
        return False  # waits for a node, not for time
    return bool(_condition(pod, "Ready").get("status") != "True")


def _leaves(pod: Object, node: Object) -> bool:
    """It stands on a lost node, and is to be replaced in a while."""
    if "deletionTimestamp" in pod["metadata"]:
        return False
    now = datetime.now(UTC)
    leaves = leaves_at(pod, evicting(node), now)
    return leaves is not None and leaves > now.timestamp()


def _job_moves(job: Object) -> bool:
    """It has begun and not ended: somebody should see its pods end."""
    status = job.get("status") or {}
    ended = any(_condition(job, name).get("status") == "True" for name in ("Complete", "Failed"))
    return not ended and not job["spec"].get("suspend") and bool(status.get("active"))


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
