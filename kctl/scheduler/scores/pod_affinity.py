"""Preferred affinity and anti-affinity between pods (InterPodAffinity)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kctl.scheduler.pod_terms import Term, domain, preferred_terms, term_of
from kctl.scheduler.types import NodeInfo, Object


class PreferredPodAffinity:
    name = "InterPodAffinity"
    weight = 2
    scope = "all"

    def concerns(self, pod: Object) -> bool:
        return bool(_weighted(pod))

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        """The weights of what stands in the node's domains, drawn out to 0..100."""
        sums: dict[tuple[str, str], float] = {}
        terms = _weighted(pod)
        for info in infos:
            for weight, term in terms:
                value = domain(info.node, term.topology_key)
                if value is not None:
                    found = sum(map(term.means, info.pods))
                    place = (term.topology_key, value)
                    sums[place] = sums.get(place, 0.0) + weight * found
        keys = {term.topology_key for _, term in terms}
        totals = {
            info.name: sum(sums.get((key, domain(info.node, key) or ""), 0.0) for key in keys)
            for info in infos
        }
        most, least = max(totals.values(), default=0.0), min(totals.values(), default=0.0)
        if most == least:
            return {}
        return {name: 100 * (total - least) / (most - least) for name, total in totals.items()}

    def explain(self, pod: Object) -> str:
        terms = len(_weighted(pod))
        return f"{terms} preferred pod affinity term(s)" if terms else ""


def _weighted(pod: Object) -> list[tuple[int, Term]]:
    near = [
        (int(each["weight"]), term_of(each["podAffinityTerm"], pod))
        for each in preferred_terms(pod, "podAffinity")
    ]
    away = [
        (-int(each["weight"]), term_of(each["podAffinityTerm"], pod))
        for each in preferred_terms(pod, "podAntiAffinity")
    ]
    return near + away
