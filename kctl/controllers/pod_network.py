"""The pod network over all hosts, as the controllers see it."""

from __future__ import annotations

from collections.abc import Sequence

from kctl.controllers.common import name_of
from kctl.controllers.types import Changes, Object, View
from kctl.network import ways
from kctl.network.checks import Unsafe
from kctl.network.fabric.front import front, peers
from kctl.network.types import Front


def front_of(
    node: Object, nodes: Sequence[Object], view: View, changes: Changes
) -> Sequence[Front]:
    """The front "net" of a node, as a list of one; empty where it has no peers."""
    if ways.address_of(node) is None or len(nodes) < 2:
        return []
    try:
        found = front(node, peers(node, nodes, view.setting("cluster-cidr")), view.setting)
    except Unsafe as error:
        changes.event(node, "Warning", "PodNetworkFailed", f"No pod network: {error}")
        return []
    return [found] if found else []


def spans(node: Object, view: View) -> bool:
    """Whether another node is known that this one can have a way to."""
    return ways.address_of(node) is not None and any(
        ways.address_of(other) is not None and name_of(other) != name_of(node)
        for other in view.list("nodes")
    )
