"""Nodes and pods in the few fields that scheduling reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from kctl.scheduler.node_info import node_info
from kctl.scheduler.plugin import kctl_filters, kctl_schedulers, kctl_scores
from kctl.scheduler.types import Decision, NodeInfo, Object, Scheduler

_uids = count(1)


def node(
    name: str,
    cpu: str = "4",
    memory: str = "8Gi",
    pods: int = 110,
    *,
    labels: Mapping[str, str] | None = None,
    taints: Sequence[Mapping[str, str]] = (),
    **spec: Any,
) -> Object:
    return {
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/hostname": name, **(labels or {})},
        },
        "spec": {"taints": list(taints), **spec},
        "status": {"allocatable": {"cpu": cpu, "memory": memory, "pods": str(pods)}},
    }


def pod(
    cpu: str = "",
    memory: str = "",
    *,
    owner: str = "",
    labels: Mapping[str, str] | None = None,
    ports: Sequence[Mapping[str, Any]] = (),
    **spec: Any,
) -> Object:
    number = next(_uids)
    requests = {name: text for name, text in (("cpu", cpu), ("memory", memory)) if text}
    container = {"name": "c", "resources": {"requests": requests}, "ports": list(ports)}
    metadata: Object = {
        "name": f"p{number}",
        "namespace": "default",
        "uid": f"uid-{number}",
        "labels": dict(labels or {}),
    }
    if owner:
        metadata["ownerReferences"] = [
            {"kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}
        ]
    return {"metadata": metadata, "spec": {"containers": [container], **spec}, "status": {}}


def infos(*nodes: Object) -> list[NodeInfo]:
    return [node_info(each, []) for each in nodes]


def scheduler() -> Scheduler:
    return kctl_schedulers(kctl_filters(), kctl_scores())[0]


def place(pods: Sequence[Object], *nodes: Object) -> Sequence[Decision]:
    return scheduler().schedule(pods, infos(*nodes))


def reasons_of(filter_: Any, one: Object, on: Object) -> tuple[str, ...]:
    return tuple(filter_.check(one, node_info(on, [])))
