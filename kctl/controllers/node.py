"""The node controller: a node's status, from the last look at its host.

It stands where the kubelet stands in Kubernetes, so conditions carry the kubelet's
reasons. The store keeps every revision, so a heartbeat is written only every five
minutes; whether a host answers is watched by the pass itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kctl.api.quantity import canonical
from kctl.api.times import now_text
from kctl.controllers.common import epoch, key_of, name_of
from kctl.controllers.node_registration import registered
from kctl.controllers.types import Changes, Mapper, Object, View
from kctl.network.ways import ADDRESS_ANNOTATION
from kctl.runtime.observations import NodeFacts
from kctl.store.types import Key

OWN = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
"""The conditions that are written here; others keep the heartbeats of those who set them."""
HEARTBEAT = 300
"""Seconds after which unchanged conditions are written again."""
MAX_IMAGES = 50
"""The greatest images of a node that its status lists, as the kubelet's default."""
_RESERVED_MEMORY = 100 * 2**20
"""The kubelet's default eviction threshold: pods may not use the last 100 MiB."""

_FINE_MEMORY = "sufficient memory available"


def _own_key(obj: Object, view: View) -> Iterable[Key]:
    return [key_of("nodes", obj)]


class NodeController:
    """`kctl_controllers`: nodes that answered."""

    name = "kubelet:node"
    watches: Mapping[str, Mapper] = {"nodes": _own_key, "observed/nodes": _own_key}

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        changes = Changes()
        for key in keys:
            node, seen = view.get(*key), view.node(key.name)
            if node is None or seen is None or not seen.reachable or seen.facts is None:
                continue
            if seen.network or not registered(node):  # without its pod network it is of no use
                _sync_one(node, seen.facts, view, now, changes)
        return changes


def _sync_one(node: Object, facts: NodeFacts, view: View, now: datetime, changes: Changes) -> None:
    status = dict(node.get("status") or {})
    status.update(_described(facts, int(view.setting("max-pods"))))
    current = status.get("conditions") or []
    status["conditions"] = _conditions(current, facts, now)
    metadata = _addressed(node["metadata"], facts)
    if status != node.get("status") or metadata != node["metadata"]:
        changes.update_status({**node, "metadata": metadata, "status": status})
    _events(node, current, status["conditions"], changes)
    beat = min(
        epoch(each["lastHeartbeatTime"]) for each in status["conditions"] if each["type"] in OWN
    )
    changes.requeue(key_of("nodes", node), beat + HEARTBEAT)


def _addressed(metadata: Mapping[str, Any], facts: NodeFacts) -> dict[str, Any]:
    """The node's metadata with its address among the other nodes: the first that the host
    has, unless the owner named another of its own. A host that could not tell its networks
    this time, only its address ("/32"), keeps the network that is known."""
    annotations = metadata.get("annotations") or {}
    known = annotations.get(ADDRESS_ANNOTATION, "")
    alone = f"{known.partition('/')[0]}/32"
    if not facts.networks or known in facts.networks or facts.networks[0] == alone:
        return dict(metadata)
    annotations = {**annotations, ADDRESS_ANNOTATION: facts.networks[0]}
    return {**metadata, "annotations": annotations}


def _described(facts: NodeFacts, max_pods: int) -> dict[str, Any]:
    """Everything but the conditions."""
    images = sorted(facts.images, key=lambda each: (-each[1], each[0]))
    return {
        "addresses": [{"type": type_, "address": address} for type_, address in facts.addresses],
        "allocatable": _resources(
            facts,
            max_pods,
            memory=max(0, facts.memory - _RESERVED_MEMORY),
            storage=canonical(str(facts.storage * 9 // 10)),
        ),
        "capacity": _resources(
            facts, max_pods, memory=facts.memory, storage=canonical(f"{facts.storage // 1024}Ki")
        ),
        "images": [
            {"names": list(names), "sizeBytes": size} for names, size in images[:MAX_IMAGES]
        ],
        "nodeInfo": dict(facts.info),
    }


def _resources(facts: NodeFacts, max_pods: int, *, memory: int, storage: str) -> dict[str, str]:
    whole = math.floor(facts.cpus)
    cpu = str(whole) if whole == facts.cpus else f"{math.floor(facts.cpus * 1000)}m"
    return {
        "cpu": cpu,
        "ephemeral-storage": storage,
        "memory": canonical(f"{memory // 1024}Ki"),
        "pods": str(max_pods),
    }


def _conditions(
    current: Sequence[Mapping[str, Any]], facts: NodeFacts, now: datetime
) -> list[dict[str, Any]]:
    """The four conditions of the kubelet, after those that others set. All carry one
    heartbeat, which moves with a change or when it is old."""
    wanted = [
        _pressure(
            "Memory", facts.memory_pressure, "SufficientMemory", "sufficient memory available"
        ),
        _pressure("Disk", facts.disk_pressure, "NoDiskPressure", "no disk pressure"),
        _pressure("PID", False, "SufficientPID", "sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kctl is posting ready status"),
    ]
    known = {each["type"]: each for each in current}
    changed = any(_differs(known.get(each[0]), each) for each in wanted)
    beats = [epoch(known[each[0]].get("lastHeartbeatTime")) for each in wanted if each[0] in known]
    stale = now.timestamp() >= min(beats, default=0.0) + HEARTBEAT
    names = {each[0] for each in wanted}
    others = [dict(each) for each in current if each["type"] not in names]
    if not changed and not stale:
        return [dict(each) for each in current]
    return others + [_condition(known.get(each[0]), each, now) for each in wanted]


def _pressure(name: str, pressed: bool, fine: str, words: str) -> tuple[str, str, str, str]:
    type_ = f"{name}Pressure"
    if pressed:
        trouble = {"Memory": "InsufficientMemory", "Disk": "DiskPressure"}[name]
        words = {"Memory": "insufficient memory available", "Disk": "disk pressure"}[name]
        return type_, "True", f"KubeletHas{trouble}", f"kctl has {words}"
    return type_, "False", f"KubeletHas{fine}", f"kctl has {words}"


def _differs(known: Mapping[str, Any] | None, wanted: tuple[str, str, str, str]) -> bool:
    if known is None:
        return True
    return (known["status"], known.get("reason"), known.get("message")) != wanted[1:]


def _condition(
    known: Mapping[str, Any] | None, wanted: tuple[str, str, str, str], now: datetime
) -> dict[str, Any]:
    type_, status, reason, message = wanted
    at = now_text(now)
    since = known["lastTransitionTime"] if known and known["status"] == status else at
    return {
        "type": type_,
        "status": status,
        "lastHeartbeatTime": at,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }


_EVENTS = {
    ("Ready", "True"): "NodeReady",
    ("MemoryPressure", "True"): "NodeHasInsufficientMemory",
    ("MemoryPressure", "False"): "NodeHasSufficientMemory",
    ("DiskPressure", "True"): "NodeHasDiskPressure",
    ("DiskPressure", "False"): "NodeHasNoDiskPressure",
    ("PIDPressure", "False"): "NodeHasSufficientPID",
}


def _events(
    node: Object,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    changes: Changes,
) -> None:
    """The kubelet's events for every condition that turned."""
    known = {each["type"]: each["status"] for each in before}
    for each in after:
        reason = _EVENTS.get((each["type"], each["status"]))
        if reason is not None and known.get(each["type"]) != each["status"]:
            message = f"Node {name_of(node)} status is now: {reason}"
            changes.event(node, "Normal", reason, message)
