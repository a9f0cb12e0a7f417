"""Registration: what a Node that names a host needs beside what its owner wrote.

The range of its pods, the labels that a kubelet gives its own node, and the finalizer that
keeps the node until its host is cleaned (`kctl.controllers.node_leaving`). A host that may
not be used makes its node NotReady, with the reason.

Memory: "host/NODE" holds [uid, URL], where the node's engine was last in use; "left/URL"
that a node of this URL left, so that no machine joins again by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.times import now_text
from kctl.controllers.common import condition, deleting, key_of, name_of, uid_of, with_condition
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.network.addresses import NoFreeRange, node_pod_cidr
from kctl.runtime.observations import NodeFacts, NodeObservation
from kctl.store.types import Key, Memo

HOST_ANNOTATION = "kctl.io/host"
FINALIZER = "kctl.io/host"


def host_memo(node: str) -> str:
    return f"host/{node}"


def left_memo(url: str) -> str:
    return f"left/{url}"


def host_of(node: Object) -> str:
    """How the node's engine is reached, as its owner has it; "" for a node without one."""
    return str((node["metadata"].get("annotations") or {}).get(HOST_ANNOTATION) or "")


def registered(node: Object) -> bool:
    """It has a host, or had one and its owner took the annotation away."""
    return bool(host_of(node)) or FINALIZER in (node["metadata"].get("finalizers") or ())


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", obj)]


class NodeRegistrationController:
    """`kctl_controllers`: nodes with a host."""

    name = "node-controller:registration"
    watches: Mapping[str, Mapper] = {"nodes": _own_key, "observed/nodes": _own_key}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        given: set[str] = set()
        for key in keys:
            node = view.get(*key)
            if node is None:
                changes.remember(host_memo(key.name), None)
                continue
            if deleting(node) or not registered(node):
                continue
            if not _register(node, view, given, changes):
                _judge(node, view, now, changes)
        return changes


# --- what a node needs ---------------------------------------------------------------


def _register(node: Object, view: View, given: set[str], changes: Changes) -> bool:
    """True where something was missing; the node comes here again then. `given` are the
    ranges that others got in this very call."""
    seen = view.node(name_of(node))
    metadata = _with_finalizer(node["metadata"])
    if seen is not None and seen.facts is not None and not seen.refused:
        metadata = _with_labels(metadata, name_of(node), seen.facts)
    spec = node["spec"]
    if not spec.get("podCIDR"):
        spec = _with_range(node, view, given, changes)
        given.add(str(spec.get("podCIDR") or ""))
    if metadata == node["metadata"] and spec == node["spec"]:
        return False
    if FINALIZER not in (node["metadata"].get("finalizers") or ()):
        message = f"Node {name_of(node)} event: Registered Node {name_of(node)} in Controller"
        changes.event(node, "Normal", "RegisteredNode", message)
        if view.recall(left_memo(host_of(node))) is not None:
            changes.remember(left_memo(host_of(node)), None)
    metadata = {name: value for name, value in metadata.items() if name != "resourceVersion"}
    changes.update({**node, "metadata": metadata, "spec": spec})
    return True


def _with_finalizer(metadata: Mapping[str, Any]) -> dict[str, Any]:
    finalizers = metadata.get("finalizers") or []
    if FINALIZER in finalizers:
        return dict(metadata)
    return {**metadata, "finalizers": [*finalizers, FINALIZER]}


def _with_labels(metadata: Mapping[str, Any], name: str, facts: NodeFacts) -> dict[str, Any]:
    """The labels that a kubelet keeps on its node."""
    labels = dict(metadata.get("labels") or {})
    return {**metadata, "labels": {**labels, **host_labels(name, facts)}}


def host_labels(name: str, facts: NodeFacts) -> dict[str, str]:
    """https://kubernetes.io/docs/reference/node/node-labels/"""
    system = facts.info.get("operatingSystem", "linux")
    machine = facts.info.get("architecture", "amd64")
    return {
        "beta.kubernetes.io/arch": machine,
        "beta.kubernetes.io/os": system,
        "kubernetes.io/arch": machine,
        "kubernetes.io/hostname": name[:63].rstrip("-."),
        "kubernetes.io/os": system,
    }


def _with_range(node: Object, view: View, given: set[str], changes: Changes) -> dict[str, Any]:
    taken = given | {str(each["spec"].get("podCIDR") or "") for each in view.list("nodes")}
    try:
        free = node_pod_cidr(view.setting("cluster-cidr"), taken)
    except NoFreeRange:
        message = f"Node {name_of(node)} status is now: CIDRNotAvailable"
        changes.event(node, "Normal", "CIDRNotAvailable", message)
        return dict(node["spec"])
    return {**node["spec"], "podCIDR": free, "podCIDRs": [free]}


# --- whether its host serves it ------------------------------------------------------


def _judge(node: Object, view: View, now: datetime, changes: Changes) -> None:
    seen = view.node(name_of(node))
    if seen is None:
        return
    if seen.refused:
        _refuse(node, seen.refused, seen.error, now, changes)
    elif seen.reachable and seen.network:
        _remember_host(node, seen, view, changes)


def _remember_host(node: Object, seen: NodeObservation, view: View, changes: Changes) -> None:
    memo = Memo(json.dumps([uid_of(node), seen.host or host_of(node)]))
    known = view.recall(host_memo(name_of(node)))
    if seen.owner in ("", uid_of(node)) and (known is None or known.value != memo.value):
        changes.remember(host_memo(name_of(node)), memo)


def told(node: Object, reason: str, message: str) -> bool:
    """The node says already that its host may not be used, and why."""
    known = condition(node, "Ready")
    return known is not None and (known.get("reason"), known.get("message")) == (reason, message)


def _refuse(node: Object, reason: str, message: str, now: datetime, changes: Changes) -> None:
    """Ready is False, and an event tells why; once for each reason and message."""
    if told(node, reason, message):
        return
    known, at = condition(node, "Ready"), now_text(now)
    was = known is not None and known["status"] == "False"
    wanted = {
        "type": "Ready",
        "status": "False",
        "lastHeartbeatTime": at,
        "lastTransitionTime": known["lastTransitionTime"] if known and was else at,
        "reason": reason,
        "message": message,
    }
    status = dict(node.get("status") or {})
    status["conditions"] = with_condition(status.get("conditions") or (), wanted)
    metadata = {k: v for k, v in node["metadata"].items() if k != "resourceVersion"}
    changes.update_status({**node, "metadata": metadata, "status": status})
    changes.event(node, "Warning", reason, message)
