"""The kubelet as a pure function: what runs for each pod, and what its status says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kctl.controllers.common import deleting, key_of, pod_finished
from kctl.controllers.pod import lifecycle, outcomes, probing, pull_secrets, status, termination
from kctl.controllers.pod.context import Batch, PodContext
from kctl.controllers.pod.memory import forget, remembered
from kctl.controllers.pod.memory import key as memory_key
from kctl.controllers.pod.orphans import orphans
from kctl.controllers.pod.volume_files import unhonoured
from kctl.controllers.pod.watching import itself, of_node, referring
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.runtime.observations import PodObservation
from kctl.store.types import Key

UNREACHABLE_RETRY = 10.0
"""Seconds until a pod with something to come is looked at again on a node that does not
answer."""


class PodController:
    """Plays the kubelet of every node. Keys are pods, and nodes (for what runs there
    without a pod)."""

    name = "kubelet"
    watches: Mapping[str, Mapper] = {
        "pods": itself,
        "observed/pods": itself,
        "observed/nodes": of_node,
        "configmaps": referring("configMap"),
        "secrets": referring("secret"),
    }

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        batch = Batch(view, now, Changes())
        for key in keys:
            if key.resource == "nodes":
                _merge(batch.changes, orphans(view, key.name, batch.time))
                continue
            pod = view.get("pods", key.namespace, key.name)
            if pod is not None:
                _sync_pod(batch, pod)
        return batch.changes


def _merge(changes: Changes, more: Changes) -> None:
    changes.operations += more.operations
    changes.requeues += more.requeues
    changes.memos.update(more.memos)


def _sync_pod(batch: Batch, pod: Object) -> None:
    view, node_name = batch.view, pod["spec"].get("nodeName")
    if not node_name:
        if deleting(pod):
            termination.remove(pod, view, batch.changes)
        return
    node = view.get("nodes", "", node_name)
    seen = view.node(node_name)
    if node is None and deleting(pod):
        termination.remove(pod, view, batch.changes)
        return
    if seen is None or not seen.reachable:
        _look_again(batch, pod)
        return
    uid, meta = pod["metadata"]["uid"], pod["metadata"]
    observation = view.observed(node_name, uid)
    if observation is None:
        observation = PodObservation(uid, meta["namespace"], meta["name"])
    over = False
    with remembered(uid, view, batch.changes) as memory:
        context = PodContext(batch, pod, node, seen, memory, observation)
        outcomes.take_in(context)
        if deleting(pod):
            over = termination.terminate(context)
            if over:
                termination.finish(context)
        else:
            _keep(context)
    if over:
        batch.changes.memos.pop(memory_key(uid), None)
        forget(uid, view, batch.changes)


def _look_again(batch: Batch, pod: Object) -> None:
    """A timer that fires while the node does not answer must not be lost: what it was for
    is due once the node is back."""
    spec = pod["spec"]
    waits = "activeDeadlineSeconds" in spec and not pod_finished(pod)
    if waits or batch.view.recall(memory_key(pod["metadata"]["uid"])) is not None:
        batch.changes.requeue(key_of("pods", pod), batch.time + UNREACHABLE_RETRY)


def _keep(context: PodContext) -> None:
    """A pod that is to run: decide, probe, report."""
    if not (context.pod.get("status") or {}).get("startTime"):
        _first_words(context)
    probing.take_in(context)
    lifecycle.decide(context)
    if not pod_finished(context.pod):
        probing.ask(context)
    status.report(context)


def _first_words(context: PodContext) -> None:
    """What is worth a warning when the pod is taken on."""
    for sentence in unhonoured(context.pod):
        context.event("Warning", "FailedMount", sentence)
    absent = pull_secrets.missing(context.pod, context.view)
    if absent:
        message = (
            f"Unable to retrieve some image pull secrets ({', '.join(absent)}); "
            "attempting to pull the image may not succeed."
        )
        context.event("Warning", "FailedToRetrieveImagePullSecret", message)
