"""A pod that is being deleted: out of rotation, stopped, gone.

A pod leaves the load balancers first and is told to stop only when no connection of
theirs can reach it any more, or when its drain time is over.
"""

from __future__ import annotations

import json
import math

from kctl.controllers.common import condition, epoch, key_of
from kctl.controllers.pod.backoff import retry
from kctl.controllers.pod.context import Batch, PodContext
from kctl.controllers.pod.memory import forget
from kctl.controllers.pod.status import report
from kctl.controllers.types import Changes, Object, View
from kctl.runtime.operations import TerminatePod

LONGEST_DRAIN = 10.0
_LOOK_AGAIN = 0.25


def remove(pod: Object, view: View, changes: Changes) -> None:
    """Nothing of the pod runs: let the object go."""
    changes.delete(key_of("pods", pod), pod["metadata"]["uid"], 0)
    forget(pod["metadata"]["uid"], view, changes)


def terminate(context: PodContext) -> bool:
    """One step nearer to the end of a pod whose node answers; True when it is over."""
    killed = context.memory.killed
    if context.busy():
        if killed is not None:
            context.wake(killed.at + killed.delay)
        return False
    if not context.observation.containers:
        return True
    if not _drained(context):
        context.wake(context.now + _LOOK_AGAIN)
        return False
    if killed is not None and context.now < killed.at + killed.delay:
        context.wake(killed.at + killed.delay)
        return False
    for run in context.runs.values():
        if run.alive:
            context.event("Normal", "Killing", f"Stopping container {run.name}", run.name)
    killed = context.memory.killed = retry(killed, context.now)
    context.wake(killed.at + killed.delay)
    context.operate(
        TerminatePod(
            context.node_name,
            context.uid,
            context.namespace,
            context.name,
            _remaining(context),
            context.pod,
        )
    )
    return False


def finish(context: PodContext) -> None:
    """The containers are gone. Who holds the object back with a finalizer reads its last
    status first."""
    if context.pod["metadata"].get("finalizers"):
        if (context.pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            context.verdict = ("Failed", "", "")
            report(context)
        if context.pod["metadata"].get("deletionGracePeriodSeconds") == 0:
            return
    context.changes.delete(key_of("pods", context.pod), context.uid, 0)


def _remaining(context: PodContext) -> int:
    """What is left of the grace, at least a second: a process may always say goodbye."""
    deadline = epoch(context.pod["metadata"]["deletionTimestamp"])
    return max(1, math.ceil(deadline - context.now))


# --- draining ------------------------------------------------------------------------


def _drained(context: PodContext) -> bool:
    """Times count from the first pass that saw the deletion: a pass that came late would
    otherwise kill what is still being sent to."""
    memory = context.memory
    grace = float(context.pod["metadata"].get("deletionGracePeriodSeconds") or 0)
    serving = _serving(context)
    if memory.draining is None:
        memory.draining, memory.draining_since = serving, context.now
    drained_for = context.now - memory.draining_since
    if not grace or drained_for >= LONGEST_DRAIN:
        return True
    if serving:
        return False  # a change of the load balancer is on its way, however short the grace
    if drained_for >= grace:
        return True
    return all(_let_go(context.view, node) for node in memory.draining)


def _serving(context: PodContext) -> list[str]:
    """Nodes whose load balancers send to the pod now. One that is lost cannot be told."""
    mine = _endpoints(context)
    return [
        node
        for node, served in _rotation(context.batch).items()
        if not mine.isdisjoint(served) and not _lost(context.view, node)
    ]


def _lost(view: View, node: str) -> bool:
    seen, known = view.node(node), view.get("nodes", "", node)
    if known is None:
        return True
    ready = condition(known, "Ready")
    counted = ready is None or ready["status"] == "True"
    return not counted and (seen is None or not seen.reachable)


def _endpoints(context: PodContext) -> frozenset[str]:
    """ "address:port" that may stand in a rotation."""
    address = (context.pod.get("status") or {}).get("podIP")
    if not address:
        return frozenset()
    if not context.pod["spec"].get("hostNetwork"):
        ports = {
            each.rpartition(":")[2]
            for served in _rotation(context.batch).values()
            for each in served
            if each.startswith(f"{address}:")
        }
    else:
        ports = {
            str(port["containerPort"])
            for container in context.pod["spec"]["containers"]
            for port in container.get("ports") or ()
        }
    return frozenset(f"{address}:{port}" for port in ports)


def _rotation(batch: Batch) -> dict[str, frozenset[str]]:
    if batch.rotation is None:
        batch.rotation = {}
        for node in batch.view.list("nodes"):
            name = node["metadata"]["name"]
            memo = batch.view.recall(f"rotation/{name}")
            if memo is not None:
                batch.rotation[name] = frozenset(json.loads(memo.value))
    return batch.rotation


def _let_go(view: View, node: str) -> bool:
    """No process of an earlier configuration is left there. A node that does not answer
    sends to nobody that could be told."""
    seen = view.node(node)
    if seen is None or not seen.reachable:
        return True
    return all(front.drained for front in seen.fronts.values())
