"""Containers on a node whose pod the store does not know, or binds elsewhere."""

from __future__ import annotations

import json

from kctl.controllers.pod.backoff import retry
from kctl.controllers.pod.memory import Backoff, forget
from kctl.controllers.types import Changes, View
from kctl.runtime.operations import TerminatePod
from kctl.store.types import Key, Memo

GRACE = 2
"""Seconds; who deletes by force does not wait, and the address may be given again."""


def orphans(view: View, node: str, now: float) -> Changes:
    """Stop what should not be there. Asked again, ever later, while it stays."""
    changes = Changes()
    seen = view.node(node)
    if seen is None or not seen.reachable:
        return changes
    known = {pod["metadata"]["uid"] for pod in view.on_node(node)}
    strays = [pod for uid, pod in seen.pods.items() if uid not in known]
    name = f"orphans/{node}"
    memo = view.recall(name)
    asked = json.loads(memo.value) if memo else {}
    kept = {pod.uid: asked[pod.uid] for pod in strays if pod.uid in asked}
    for pod in strays:
        forget(pod.uid, view, changes)
        if view.in_flight(pod.uid):
            continue
        before = Backoff(*kept[pod.uid]) if pod.uid in kept else None
        if before is not None and now < before.at + before.delay:
            changes.requeue(Key("nodes", "", node), before.at + before.delay)
            continue
        after = retry(before, now)
        kept[pod.uid] = [after.delay, after.at]
        changes.requeue(Key("nodes", "", node), after.at + after.delay)
        changes.operate(TerminatePod(node, pod.uid, pod.namespace, pod.name, GRACE))
    if kept != asked:
        changes.remember(name, Memo(json.dumps(kept)) if kept else None)
    return changes
