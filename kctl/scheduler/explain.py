"""Why a pod goes nowhere, in the words of Kubernetes' scheduler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kctl.scheduler.types import Object

NO_NODES = "no nodes available to schedule pods"
_UNHELPFUL = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"


def histogram(refusals: Iterable[Sequence[str]]) -> Counter[str]:
    """How many nodes gave each reason."""
    return Counter(reason for reasons in refusals for reason in reasons)


def message(pod: Object, nodes: int, reasons: Mapping[str, int], helpable: int) -> str:
    """`helpable` of the `nodes` would take the pod if fewer pods stood there.

    "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new
    claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful
    for scheduling, 2 No preemption victims found for incoming pod."
    """
    if not nodes:
        return NO_NODES
    return f"{_summary(nodes, reasons)} no new claims to deallocate, " + (
        "preemption: not eligible due to preemptionPolicy=Never."
        if pod["spec"].get("preemptionPolicy") == "Never"
        else f"preemption: {_preemption(nodes, helpable)}"
    )


def _preemption(nodes: int, helpable: int) -> str:
    return _summary(nodes, {_UNHELPFUL: nodes - helpable, _NO_VICTIMS: helpable})


def _summary(nodes: int, reasons: Mapping[str, int]) -> str:
    """Sorted as text, as Kubernetes sorts it: "10 x" comes before "2 y"."""
    listed = sorted(f"{count} {reason}" for reason, count in reasons.items() if count)
    return f"0/{nodes} nodes are available: {', '.join(listed)}."
