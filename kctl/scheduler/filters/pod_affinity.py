"""Required affinity and anti-affinity between pods (InterPodAffinity)."""

from __future__ import annotations

from collections.abc import Sequence

from kctl.scheduler.pod_terms import Term, domain, required_terms, term_of
from kctl.scheduler.types import NodeInfo, Object

_NO_AFFINITY = ("node(s) didn't match pod affinity rules",)
_ANTI_AFFINITY = ("node(s) didn't match pod anti-affinity rules",)
_EXISTING = ("node(s) didn't satisfy existing pods anti-affinity rules",)

Place = tuple[str, str]
"""A topology key and a value of it."""


class PodAffinity:
    name = "InterPodAffinity"

    def prepare(self, pod: Object, infos: Sequence[NodeInfo]) -> _Prepared | None:
        near = [term_of(each, pod) for each in required_terms(pod, "podAffinity")]
        away = [term_of(each, pod) for each in required_terms(pod, "podAntiAffinity")]
        kept_off = _kept_off(pod, infos)
        if not near and not away and not kept_off:
            return None
        return _Prepared(pod, near, away, kept_off, infos)

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        """As if this were the only node."""
        prepared = self.prepare(pod, [info])
        return prepared.check(pod, info) if prepared is not None else ()

    def explain(self, pod: Object) -> str:
        near = len(required_terms(pod, "podAffinity"))
        away = len(required_terms(pod, "podAntiAffinity"))
        return f"{near} affinity and {away} anti-affinity term(s)" if near or away else ""


class _Prepared:
    """The filter for one pod: the places that its terms, and those of others, mean."""

    name = "InterPodAffinity"

    def __init__(
        self,
        pod: Object,
        near: Sequence[Term],
        away: Sequence[Term],
        kept_off: set[Place],
        infos: Sequence[NodeInfo],
    ) -> None:
        self._near, self._kept_off = near, kept_off
        self._away_keys = {term.topology_key for term in away}
        self._near_places: set[Place] = set()
        self._away_places: set[Place] = set()
        for info in infos:
            for other in info.pods:
                if near and all(term.means(other) for term in near):
                    self._near_places |= _places(info, near)
                self._away_places |= _places(info, [term for term in away if term.means(other)])
        self._first = not self._near_places and all(term.means(pod) for term in near)

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        if not self._is_near(info):
            return _NO_AFFINITY
        if any(_at(info, key) in self._away_places for key in self._away_keys):
            return _ANTI_AFFINITY
        if any(_at(info, key) == (key, value) for key, value in self._kept_off):
            return _EXISTING
        return ()

    def _is_near(self, info: NodeInfo) -> bool:
        """The first pod of a group that wants to be together may go to any node that has
        the topology."""
        for term in self._near:
            at = _at(info, term.topology_key)
            if at is None or not (self._first or at in self._near_places):
                return False
        return True

    def eviction_helps(self, pod: Object, info: NodeInfo) -> bool:
        return self._is_near(info)

    def explain(self, pod: Object) -> str:
        return PodAffinity().explain(pod)


def _at(info: NodeInfo, key: str) -> Place | None:
    value = domain(info.node, key)
    return None if value is None else (key, value)


def _places(info: NodeInfo, terms: Sequence[Term]) -> set[Place]:
    found = (_at(info, term.topology_key) for term in terms)
    return {place for place in found if place is not None}


def _kept_off(pod: Object, infos: Sequence[NodeInfo]) -> set[Place]:
    """Where pods stand that keep this one away."""
    kept: set[Place] = set()
    for info in infos:
        for other in info.keeping_away:
            terms = (term_of(each, other) for each in required_terms(other, "podAntiAffinity"))
            kept |= _places(info, [term for term in terms if term.means(pod)])
    return kept
