"""What binds a pod to certain nodes, in words: why it cannot move when they are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kctl.scheduler.filters.node_affinity import NodeAffinity
from kctl.scheduler.types import NodeInfo, Object

_LOST = "node.kubernetes.io/unreachable"
_SHOWN = 3
"""Names in one list."""


def pins_of(pod: Object) -> list[str]:
    """The constraints that choose its nodes: "nodeSelector kubernetes.io/hostname=n1"."""
    spec = pod["spec"]
    selector = spec.get("nodeSelector") or {}
    found = [f"nodeSelector {name}={value}" for name, value in sorted(selector.items())]
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for term in required.get("nodeSelectorTerms") or ():
        rules = [*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ())]
        if rules:
            found.append("node affinity " + " and ".join(map(_rule, rules)))
    return found


def _rule(rule: Mapping[str, Any]) -> str:
    words = f"{rule['key']} {rule['operator']}"
    values = rule.get("values") or ()
    return f"{words} [{' '.join(values)}]" if values else words


def data_of(pod: Object) -> list[str]:
    """Volumes that lie on one node's disk."""
    return [
        f'hostPath volume "{each["name"]}" ({each["hostPath"]["path"]}) is there'
        for each in pod["spec"].get("volumes") or ()
        if each.get("hostPath")
    ]


def lost_pins(pod: Object, nodes: Callable[[], Iterable[Object]]) -> tuple[list[str], str]:
    """(what binds it, the names of the nodes) where all nodes that the pod may go to are
    lost; ([], "") otherwise."""
    pins = pins_of(pod)
    if not pins:
        return [], ""
    affinity = NodeAffinity()
    wanted = [each for each in nodes() if affinity.admits(pod, each)]
    if not wanted or not all(map(is_lost, wanted)):
        return [], ""
    return [*pins, *data_of(pod)], _names(wanted)


def sentence(pod: Object, infos: Sequence[NodeInfo]) -> str:
    """For the message of a pod that finds no node, "" where lost nodes are not the reason."""
    pins, names = lost_pins(pod, lambda: [info.node for info in infos])
    if not pins:
        return ""
    return f"The pod is bound to lost nodes ({names}, not answering): {', '.join(pins)}."


def is_lost(node: Object) -> bool:
    return any(each["key"] == _LOST for each in node["spec"].get("taints") or ())


def _names(nodes: Sequence[Object]) -> str:
    names = sorted(str(each["metadata"]["name"]) for each in nodes)
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
