"""A host that is back: what was replaced while it was lost goes before anything else starts.

Until its node answers, a pod that was deleted stays Terminating, so its name runs nowhere
else; what was deleted by force, or whose owner was, runs on there without a pod. Both have to
end first, since they hold ports, volumes and names that the next ones want.
"""

from __future__ import annotations

import math

from kctl.controllers.common import condition, deleting, epoch
from kctl.controllers.pod.context import PodContext
from kctl.controllers.types import Object
from kctl.runtime.observations import PodObservation

LONGEST = 60.0
"""Seconds after the comeback: what cannot be removed by then holds nobody up any longer."""
LOOK_AGAIN = 0.25


def clearing(context: PodContext) -> bool:
    """Whether starts on this pod's node have to wait."""
    known = context.batch.leftovers
    if context.node_name not in known:
        known[context.node_name] = _leftovers(context)
    return known[context.node_name]


def _leftovers(context: PodContext) -> bool:
    ready = condition(context.node, "Ready") if context.node is not None else None
    if ready is None:
        return False
    since = epoch(ready["lastTransitionTime"]) if ready["status"] == "True" else math.inf
    if context.now > since + LONGEST:
        return False
    pods = {each["metadata"]["uid"]: each for each in context.view.on_node(context.node_name)}
    return any(
        _left_over(context, seen, pods.get(uid), since)
        for uid, seen in context.seen.pods.items()
        if any(each.state in ("running", "restarting", "paused") for each in seen.containers)
    )


def _left_over(context: PodContext, seen: PodObservation, pod: Object | None, since: float) -> bool:
    """It ran already when the node came back, and was not to run any more."""
    if pod is None:
        return any(0 < context.ours(each.started_at) < since for each in seen.containers)
    return deleting(pod) and _asked_at(pod) < since


def _asked_at(pod: Object) -> float:
    """When the deletion was asked for, epoch seconds."""
    meta = pod["metadata"]
    return epoch(meta["deletionTimestamp"]) - float(meta.get("deletionGracePeriodSeconds") or 0)
