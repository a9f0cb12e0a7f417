"""A host becomes a node: checked first, registered, prepared by a pass, or nothing of it.

What can be known before anything is written is checked before; where the pass then finds
that the host cannot be used, the Node is taken out again.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

from kctl.controllers.common import condition
from kctl.controllers.node_registration import HOST_ANNOTATION, host_of
from kctl.network.ways import MODE_ANNOTATION
from kctl.reconcile.after import after_write
from kctl.reconcile.hosts import Hosts, free_name, node_name
from kctl.reconcile.plane import Plane
from kctl.runtime.observations import NodeFacts

Object = dict[str, Any]

PATIENCE = 90.0
"""Seconds in which a host that passed the checks must be prepared."""
UNDO_PATIENCE = 60.0
_GO_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


class CannotJoin(Exception):
    """A host that cannot become a node; the text says why."""


@dataclass(frozen=True)
class Request:
    """What `kctl join` was asked for."""

    url: str
    name: str = ""
    """"": the host's own name"""
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, str]] = ()
    mode: str = ""
    """of the pod network: route, vxlan or published; "" for the best that works"""


def join(plane: Plane, request: Request) -> Object:
    """The new Node, ready. Raises CannotJoin and ApiError; nothing is left behind then."""
    nodes = plane.api.list("nodes").items
    _check_url(request.url, nodes)
    if request.name:
        plane.api.create(_node(request, request.name), dry_run=True)
    facts = _facts(plane, request.url, nodes)
    check_facts(request.url, facts, plane.settings["cluster-cidr"])
    taken = [each["metadata"]["name"] for each in nodes]
    name = request.name or free_name(node_name(facts.hostname), taken)
    made = plane.api.create(_node(request, name))
    try:
        return _prepared(plane, made)
    except BaseException:
        _undo(plane, made)
        raise


def _node(request: Request, name: str) -> Object:
    annotations = {HOST_ANNOTATION: request.url}
    if request.mode:
        annotations[MODE_ANNOTATION] = request.mode
    spec = {"taints": [dict(each) for each in request.taints]} if request.taints else {}
    metadata = {"name": name, "labels": dict(request.labels), "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec}


# --- checks --------------------------------------------------------------------------


def _check_url(url: str, nodes: Sequence[Object]) -> None:
    for node in nodes:
        if host_of(node) == url:
            name, leaving = node["metadata"]["name"], "deletionTimestamp" in node["metadata"]
            more = ", which is being deleted" if leaving else " already"
            raise CannotJoin(f'{url} is the host of node "{name}"{more}')


def _facts(plane: Plane, url: str, nodes: Sequence[Object]) -> NodeFacts:
    hosts = Hosts(plane.plugins, plane.settings)
    try:
        seen = hosts.peek(url)
    finally:
        hosts.close()
    owners = {each["metadata"]["uid"]: each for each in nodes}
    if seen.owner in owners:
        other = owners[seen.owner]
        raise CannotJoin(
            f'the Docker engine at {url} is that of node "{other["metadata"]["name"]}" already, '
            f"which is reached at {host_of(other)}"
        )
    if seen.facts is None:
        raise CannotJoin(seen.error)
    return seen.facts


def check_facts(url: str, facts: NodeFacts, cluster_cidr: str) -> None:
    """Raises CannotJoin for a host that pods of this control plane cannot run on."""
    own = _GO_NAMES.get(platform.machine(), platform.machine())
    machine = facts.info.get("architecture") or own
    system = facts.info.get("operatingSystem") or "linux"
    if system != "linux":
        raise CannotJoin(f"the Docker engine at {url} runs {system} containers; linux is needed")
    if machine != own:
        raise CannotJoin(
            f"the host of {url} is {machine}, and the load balancers' image is made of this "
            f"machine's own programs ({own})"
        )
    for text in facts.networks:
        network = IPv4Interface(text).network
        if network.overlaps(IPv4Network(cluster_cidr)):
            raise CannotJoin(
                f"the range {cluster_cidr} of pods and services overlaps with {network}, a network "
                f"of the host of {url}; a control plane takes another range from "
                "KCTL_CLUSTER_CIDR when its first command runs"
            )


# --- the pass ------------------------------------------------------------------------


def _prepared(plane: Plane, made: Object) -> Object:
    """The node once it is ready; raises CannotJoin with what its condition says."""

    def now() -> Object | None:
        return _find(plane, made)

    after_write(plane, until=lambda: _decided(now()), timeout=PATIENCE)
    node = now()
    if node is None:
        raise CannotJoin(f'node "{made["metadata"]["name"]}" was deleted meanwhile')
    ready = condition(node, "Ready")
    if ready is None:
        raise CannotJoin(f"{host_of(made)} was not prepared within {PATIENCE:.0f} seconds")
    if ready["status"] != "True":
        raise CannotJoin(str(ready["message"]))
    return node


def _decided(node: Object | None) -> bool:
    return node is None or condition(node, "Ready") is not None


def _find(plane: Plane, made: Object) -> Object | None:
    wanted = made["metadata"]["uid"]
    listed = plane.api.list("nodes").items
    return next((dict(each) for each in listed if each["metadata"]["uid"] == wanted), None)


def _undo(plane: Plane, made: Object) -> None:
    if _find(plane, made) is not None:
        plane.api.delete("nodes", made["metadata"]["name"], uid=made["metadata"]["uid"])
        after_write(plane, until=lambda: _find(plane, made) is None, timeout=UNDO_PATIENCE)
