"""When most nodes are silent at once: the fault is more likely on this side of the network.

Kubernetes' rule, by zones: while no node at all is ready, nobody is evicted ("master
disruption mode"); nor in a zone where more than two nodes, and 55 % of them, are not ready.
A node on this machine's own socket answers whatever becomes of the network, so it does not
speak for the others: where there are others, they alone make the ratio.
https://kubernetes.io/docs/concepts/architecture/nodes/#rate-limits-on-eviction
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kctl.controllers.common import condition, labels_of, name_of
from kctl.controllers.types import Changes, Object, View
from kctl.store.types import Memo

THRESHOLD = 0.55
FEW = 2
"""So many silent nodes are never too many, whatever their share."""
EXCLUDED = "node.kubernetes.io/exclude-disruption"
"""A node with this label is not counted."""
_ZONE = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone")
_HOST = "kctl.io/host"
_MEMO = "node/disruption"
_EVERYWHERE = "*"


@dataclass(frozen=True)
class Disruption:
    """Where nobody is evicted: zone -> why. _EVERYWHERE stands for all zones."""

    zones: Mapping[str, str]

    def spares(self, node: Object) -> str:
        """Why pods of this node stay, "" where they do not."""
        return self.zones.get(_EVERYWHERE, "") or self.zones.get(zone_of(node), "")


def zone_of(node: Object) -> str:
    labels = labels_of(node)
    return "/".join(labels.get(each, "") for each in _ZONE)


def ready(node: Object) -> bool:
    found = condition(node, "Ready")
    return found is not None and found["status"] == "True"


def assess(nodes: Iterable[Object]) -> Disruption:
    """What the state of all nodes says that were ever looked at."""
    counted = [
        each
        for each in nodes
        if labels_of(each).get(EXCLUDED) is None and condition(each, "Ready") is not None
    ]
    if counted and not any(map(ready, counted)):
        everybody = "the only node does" if len(counted) == 1 else f"all {len(counted)} nodes do"
        return Disruption({_EVERYWHERE: f"{everybody} not answer"})
    by_zone: dict[str, list[Object]] = {}
    for node in counted:
        by_zone.setdefault(zone_of(node), []).append(node)
    zones = {}
    for zone, members in by_zone.items():
        afar = [each for each in members if not _local(each)] or members
        silent = sum(not ready(each) for each in afar)
        if silent > FEW and silent >= THRESHOLD * len(afar):
            where = f" in zone {zone.strip('/')}" if zone.strip("/") else ""
            zones[zone] = f"{silent} of {len(members)} nodes{where} do not answer"
    return Disruption(zones)


def _local(node: Object) -> bool:
    url = (node["metadata"].get("annotations") or {}).get(_HOST, "")
    return bool(url.startswith("unix:"))


def known(view: View) -> bool:
    """The last pass found a disruption."""
    return view.recall(_MEMO) is not None


def follow(nodes: Mapping[str, Object], view: View, changes: Changes) -> tuple[Disruption, bool]:
    """The state now, and whether it begins or ends somewhere, which is told on the nodes
    that do not answer. `nodes` are newer than the view's."""
    everyone = [nodes.get(name_of(each), each) for each in view.list("nodes")]
    found = assess(everyone)
    memo = view.recall(_MEMO)
    before = set(json.loads(memo.value)) if memo is not None else set()
    now = set(found.zones)
    if before == now:
        return found, False
    changes.remember(_MEMO, Memo(json.dumps(sorted(now))) if now else None)
    for node in everyone:
        if not ready(node):
            _tell(node, found.spares(node), _spared(node, before), changes)
    return found, True


def _spared(node: Object, zones: set[str]) -> bool:
    return _EVERYWHERE in zones or zone_of(node) in zones


def _tell(node: Object, why: str, before: bool, changes: Changes) -> None:
    if why and not before:
        text = f"Pods of this node are not evicted as long as {why}"
        changes.event(node, "Warning", "EvictionSuspended", text)
    elif before and not why:
        text = "Other nodes answer again: pods of this node are evicted when they tolerate no more"
        changes.event(node, "Normal", "EvictionResumed", text)
