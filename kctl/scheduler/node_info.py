"""Nodes as the scheduler sees them: what they have, and what stands on them."""

from __future__ import annotations

from collections.abc import Sequence

from kctl.scheduler.amounts import add, parse
from kctl.scheduler.pod_terms import required_terms
from kctl.scheduler.requests import host_ports_of, requests_of, usual_requests_of
from kctl.scheduler.types import NodeInfo, Object, Resources


def node_info(node: Object, pods: Sequence[Object]) -> NodeInfo:
    """A node with its pods. Those that have finished hold nothing any more."""
    allocatable = node.get("status", {}).get("allocatable") or {}
    info = NodeInfo(node, parse(allocatable), Resources())
    for pod in pods:
        if pod.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
            assume(info, pod)
    return info


def assume(info: NodeInfo, pod: Object) -> None:
    """Count a pod as standing on the node."""
    add(info.requested, requests_of(pod))
    add(info.usual, usual_requests_of(pod))
    info.host_ports.update(host_ports_of(pod))
    info.pods.append(pod)
    if required_terms(pod, "podAntiAffinity"):
        info.keeping_away.append(pod)
