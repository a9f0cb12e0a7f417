"""How pods on one node are reached from another node.

A node says in annotations where it stands and what its network allows; which way leads
from one node to another follows from the two alone, so every node comes to the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Interface
from typing import Any, Literal, cast

Object = dict[str, Any]
Way = Literal["local", "route", "vxlan", "published"]

ADDRESS_ANNOTATION = "kctl.io/address"
"""Of a node: its address among the other nodes with the length of its network's prefix,
"192.0.2.11/24"."""
MODE_ANNOTATION = "kctl.io/pod-network"
"""Of a node: the way that its owner wants at best, route, vxlan or published; whatever was
found out does not count then."""
FOUND_ANNOTATION = "kctl.io/pod-network-found"
"""Of a node: the best way that its network was found to allow, or that the setting
"pod-network" names. kctl writes it; it finds out anew when the annotation is removed."""
MODES = ("route", "vxlan", "published")
"""The best first. Each stands for itself and all that follow: a node that allows routes
takes VXLAN where the other one stands in another network."""


def address_of(node: Object) -> IPv4Interface | None:
    """Where other nodes reach this one; None while nothing is known of it."""
    text = _annotations(node).get(ADDRESS_ANNOTATION, "")
    try:
        return IPv4Interface(text) if text else None
    except ValueError:
        return None


def mode_of(node: Object) -> str:
    """What the node's network allows; routes until the contrary is known."""
    said = (_annotations(node).get(each, "") for each in (MODE_ANNOTATION, FOUND_ANNOTATION))
    return next((mode for mode in said if mode in MODES), MODES[0])


def way(source: Object, target: Object) -> Way:
    """How pods of node `target` are reached from node `source`: by their own addresses over
    a route or a VXLAN, or through ports of the target's address. The same both ways."""
    if source["metadata"]["name"] == target["metadata"]["name"]:
        return "local"
    here, there = address_of(source), address_of(target)
    worst = max(MODES.index(mode_of(source)), MODES.index(mode_of(target)))
    if here is None or there is None:
        return "published"
    if MODES[worst] == "route" and (there.ip not in here.network or here.ip not in there.network):
        return "vxlan"
    return cast(Way, MODES[worst])


def _annotations(node: Object) -> Mapping[str, str]:
    return node["metadata"].get("annotations") or {}
