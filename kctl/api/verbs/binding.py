"""Bind a pod to a node (the binding subresource, as schedulers of one's own use it)."""

from __future__ import annotations

from kctl.api import errors
from kctl.api.context import Context
from kctl.api.encode import copy, decode
from kctl.api.fields import not_supported, required
from kctl.api.kind import Object
from kctl.store.types import Conflict

ATTEMPTS = 8


def bind(context: Context, name: str, namespace: str, body: Object, dry_run: bool) -> Object:
    """`body` is a v1 Binding; answers the Status. Raises ApiError: 409 for a pod that has a
    node, or is on its way out (assignPod of the registry of pods)."""
    kind = context.kinds.by_resource("pods")
    target = body.get("target") or {}
    causes = []
    if target.get("kind") not in (None, "", "Node"):
        supported = ("Node", "<empty>")
        causes.append(not_supported("target.kind", target["kind"], supported))
    if not target.get("name"):
        causes.append(required("target.name"))
    if causes:
        raise errors.invalid("", "Binding", name, causes)
    for _ in range(ATTEMPTS):
        record = context.record(kind, name, namespace)
        pod = decode(record)
        _check(pod, name)
        if not dry_run:
            bound = _bound(pod, target["name"], body)
            try:
                context.store(kind, bound, record.revision)
            except Conflict:
                continue
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    raise errors.conflict("pods/binding", name)


def _check(pod: Object, name: str) -> None:
    if pod["metadata"].get("deletionTimestamp"):
        why = f"pod {name} is being deleted, cannot be assigned to a host"
        raise errors.conflict("pods/binding", name, why)
    if pod["spec"].get("schedulingGates"):
        why = f"pod {name} has non-empty .spec.schedulingGates"
        raise errors.conflict("pods/binding", name, why)
    node = pod["spec"].get("nodeName")
    if node:
        why = f'pod {name} is already assigned to node "{node}"'
        raise errors.conflict("pods/binding", name, why)


def _bound(pod: Object, node: str, body: Object) -> Object:
    """The pod on its node, with the annotations of the Binding and the condition PodScheduled."""
    bound = copy(pod)
    bound["metadata"].pop("resourceVersion")
    bound["spec"]["nodeName"] = node
    given = (body.get("metadata") or {}).get("annotations") or {}
    if given:
        bound["metadata"]["annotations"] = {**bound["metadata"].get("annotations", {}), **given}
    status = bound.setdefault("status", {})
    others = [each for each in status.get("conditions", ()) if each["type"] != "PodScheduled"]
    status["conditions"] = [*others, {"type": "PodScheduled", "status": "True"}]
    return bound
