"""Preferred node affinity (NodeAffinity)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.scheduler.node_selector import matches_term
from kctl.scheduler.types import NodeInfo, Object


class PreferredNodeAffinity:
    name = "NodeAffinity"
    weight = 2
    scope = "fixed"

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        """The weights of the matching terms, the best node being 100."""
        terms = _preferred(pod)
        if not terms:
            return {}
        sums = {
            info.name: sum(
                each["weight"] for each in terms if matches_term(each["preference"], info.node)
            )
            for info in infos
        }
        best = max(sums.values(), default=0)
        return {name: 100 * value / best for name, value in sums.items()} if best else {}

    def explain(self, pod: Object) -> str:
        terms = len(_preferred(pod))
        return f"{terms} preferred node affinity term(s)" if terms else ""


def _preferred(pod: Object) -> Sequence[Mapping[str, Any]]:
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    return affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
