"""Whose engine is it? What a look asks before it takes an engine for a node's.

An engine is told by the mark that kctl leaves there (labels of the pod network), since
copies of one machine share the engine's ID and the host's name. Two nodes of a control
plane never use one engine, and a node never moves to another engine by an edited
annotation: what it left on the first would run on, with the same addresses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from kctl.controllers.node_network import network_of
from kctl.controllers.node_registration import HOST_ANNOTATION, host_memo
from kctl.runtime.observations import NodeObservation
from kctl.runtime.operations import CleanNode, NetworkSettings, Outcome, PrepareNode
from kctl.runtime.types import HostUnreachable, Runtime
from kctl.store.types import Memo

Object = dict[str, Any]
Recall = Callable[[str], Memo | None]

INVALID_HOST = "InvalidHost"
IN_USE = "HostInUse"
CHANGED = "HostChanged"
NOT_CLEANED = "HostNotCleaned"
NETWORK = "NetworkNotReady"
INVALID_RANGE = "InvalidPodCIDR"
_LONGEST_PREFIX = 26
"""A node's range holds its gateway, its load balancer and some pods."""


@dataclass(frozen=True)
class Claim:
    """What a look must know of a node to take an engine for it."""

    node: str
    uid: str = ""
    url: str = ""
    network: NetworkSettings | None = None
    """None: the pod network is not to be made (it has no range yet, or the node leaves)"""
    owners: Mapping[str, str] = field(default_factory=dict)
    """uid -> name of every node"""
    before: str = ""
    """Where the node's engine was reached when it was last used; "" for a new node"""
    problem: str = ""
    """why the node cannot have the range that its owner gave it"""

    @property
    def essence(self) -> tuple[object, ...]:
        """What, when it changes, asks for another look."""
        return self.uid, self.url, self.network, self.problem


def claim_of(
    node: Object, nodes: Iterable[Object], recall: Recall, settings: Mapping[str, str]
) -> Claim:
    meta, before = node["metadata"], used_before(node, recall)
    made = bool(node["spec"].get("podCIDR")) and "deletionTimestamp" not in meta
    problem = range_problem(node, nodes, settings) if made and not before else ""
    return Claim(
        node=meta["name"],
        uid=meta["uid"],
        url=url_of(node, recall),
        network=network_of(node, settings.__getitem__) if made and not problem else None,
        owners={each["metadata"]["uid"]: each["metadata"]["name"] for each in nodes},
        before=before,
        problem=problem,
    )


def range_problem(node: Object, nodes: Iterable[Object], settings: Mapping[str, str]) -> str:
    """Why a new node cannot have its range of pods, "" if it can. Of two nodes that were
    given the same the older one has it."""
    text, cluster = node["spec"]["podCIDR"], IPv4Network(settings["cluster-cidr"])
    try:
        wanted = IPv4Network(text)
    except ValueError:
        return f"podCIDR {text} is not an IPv4 network"
    if not wanted.subnet_of(cluster) or wanted.prefixlen > _LONGEST_PREFIX:
        return f"podCIDR {text} is not a range of {cluster}, the pod network of this control plane"
    if wanted.overlaps(IPv4Network(settings["service-cidr"])):
        return f"podCIDR {text} overlaps with the service range {settings['service-cidr']}"
    for other in nodes:
        taken = other["spec"].get("podCIDR")
        if _age(other) < _age(node) and taken and wanted.overlaps(IPv4Network(taken)):
            return f'podCIDR {text} overlaps with that of node "{other["metadata"]["name"]}"'
    return ""


def _age(node: Object) -> tuple[str, str]:
    return node["metadata"].get("creationTimestamp", ""), node["metadata"]["uid"]


def used_before(node: Object, recall: Recall) -> str:
    """The URL at which this very node was last in use, "" where it never was."""
    memo = recall(host_memo(node["metadata"]["name"]))
    uid, url = json.loads(memo.value) if memo else ("", "")
    return str(url) if uid == node["metadata"]["uid"] else ""


def url_of(node: Object, recall: Recall) -> str:
    """How the node's engine is reached. One that leaves is cleaned where it was in use,
    whatever its annotation says by now."""
    wanted = str((node["metadata"].get("annotations") or {}).get(HOST_ANNOTATION) or "")
    if "deletionTimestamp" in node["metadata"]:
        return used_before(node, recall) or wanted
    return wanted


def adopt(
    runtime: Runtime, claim: Claim, seen: NodeObservation, report: Callable[[Outcome], None]
) -> NodeObservation:
    """What was seen, once the engine carries this node's mark and its pod network stands; or
    why it cannot be used. Blocks for as long as the engine takes. Raises HostUnreachable."""
    if not seen.reachable:
        return seen
    if claim.problem:
        return refused(seen, INVALID_RANGE, claim.problem)
    if seen.owner and seen.owner != claim.uid:
        if seen.owner in claim.owners:
            return in_use(claim, seen)
        if claim.network is None:
            return seen
        outcome = _do(runtime, CleanNode(claim.node), report)  # strays of a node that is no more
        if not outcome.ok:
            return refused(seen, NOT_CLEANED, outcome.message)
        seen = runtime.observe(facts=seen.facts is not None)
    if not seen.reachable or claim.network is None:
        return seen
    if not seen.owner and claim.before and claim.before != claim.url and not seen.network:
        return refused(seen, CHANGED, _changed(claim))
    return seen if seen.network else _prepare(runtime, claim, claim.network, seen, report)


def _prepare(
    runtime: Runtime,
    claim: Claim,
    network: NetworkSettings,
    seen: NodeObservation,
    report: Callable[[Outcome], None],
) -> NodeObservation:
    outcome = _do(runtime, PrepareNode(claim.node, network), report)
    if not outcome.ok:
        return refused(seen, NETWORK, outcome.message)
    seen = runtime.observe(facts=seen.facts is not None)
    if seen.reachable and seen.owner and seen.owner != claim.uid:
        return in_use(claim, seen)
    return seen


def _do(
    runtime: Runtime, operation: PrepareNode | CleanNode, report: Callable[[Outcome], None]
) -> Outcome:
    outcome = runtime.execute(operation)
    report(outcome)
    if outcome.reason == "Unreachable":
        raise HostUnreachable(outcome.message)
    return outcome


def refused(seen: NodeObservation, reason: str, message: str) -> NodeObservation:
    """The engine answers, and may not be used for the node."""
    return NodeObservation(seen.node, False, message, seen.at, seen.facts, refused=reason)


def in_use(claim: Claim, seen: NodeObservation) -> NodeObservation:
    other = claim.owners[seen.owner]
    return refused(seen, IN_USE, f'the Docker engine at {claim.url} is node "{other}" already')


def _changed(claim: Claim) -> str:
    return (
        f"{HOST_ANNOTATION} was {claim.before} and is now {claim.url}, which is another Docker "
        f"engine: set it back, or delete the node and join the other host"
    )
