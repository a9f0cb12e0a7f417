"""Node infos that are made again only for nodes that changed.

A cache, not a memory: it compares the very objects that it was given, so its answers are
those of `node_info` whatever it has seen before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import is_

from kctl.scheduler.node_info import node_info
from kctl.scheduler.types import NodeInfo, Object, Resources


class NodeCache:
    """Keeps the infos of the last call."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[NodeInfo, list[Object]]] = {}

    def infos(self, nodes: Iterable[tuple[Object, Sequence[Object]]]) -> list[NodeInfo]:
        """An info for each (node, its pods); the caller may change them."""
        known = {}
        for node, pods in nodes:
            name = node["metadata"]["name"]
            info, before = self._known.get(name, (None, []))
            if info is None or info.node is not node or not _same(before, pods):
                info = node_info(node, pods)
            known[name] = (info, list(pods))
        self._known = known
        return [_copy(info) for info, _ in known.values()]


def _same(before: Sequence[Object], now: Sequence[Object]) -> bool:
    return len(before) == len(now) and all(map(is_, before, now))


def _copy(info: NodeInfo) -> NodeInfo:
    return NodeInfo(
        info.node,
        info.allocatable,
        _copy_of(info.requested),
        set(info.host_ports),
        list(info.pods),
        _copy_of(info.usual),
        list(info.keeping_away),
    )


def _copy_of(amounts: Resources) -> Resources:
    return Resources(
        amounts.milli_cpu, amounts.memory, amounts.storage, amounts.pods, dict(amounts.extended)
    )
