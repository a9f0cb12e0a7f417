"""Topology spread constraints: how many pods stand in each domain.

https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api.selectors import from_object
from kctl.scheduler.filters.node_affinity import NodeAffinity
from kctl.scheduler.filters.taints import Taints
from kctl.scheduler.pod_terms import domain, with_label_keys
from kctl.scheduler.types import NodeInfo, Object


def constraints(pod: Object, when: str) -> Sequence[Mapping[str, Any]]:
    """`when` is "DoNotSchedule" or "ScheduleAnyway"."""
    listed = pod["spec"].get("topologySpreadConstraints") or ()
    return [each for each in listed if (each.get("whenUnsatisfiable") or "DoNotSchedule") == when]


class Spreading:
    """One constraint of one pod, counted over all nodes."""

    def __init__(
        self, constraint: Mapping[str, Any], pod: Object, infos: Sequence[NodeInfo]
    ) -> None:
        self.key = str(constraint["topologyKey"])
        self.max_skew = int(constraint["maxSkew"])
        metadata = pod["metadata"]
        labels = metadata.get("labels") or {}
        selector = from_object(with_label_keys(constraint, labels))
        self.own = 1 if selector.matches(labels) else 0
        self.counts: dict[str, int] = {}
        for info in infos:
            value = domain(info.node, self.key)
            if value is None or not _counts(constraint, pod, info):
                continue
            found = sum(
                other["metadata"].get("namespace") == metadata.get("namespace")
                and not other["metadata"].get("deletionTimestamp")
                and selector.matches(other["metadata"].get("labels"))
                for other in info.pods
            )
            self.counts[value] = self.counts.get(value, 0) + found
        self._few = len(self.counts) < int(constraint.get("minDomains") or 1)

    @property
    def least(self) -> int:
        """Pods in the emptiest domain; none while there are fewer domains than wanted."""
        return 0 if self._few else min(self.counts.values(), default=0)

    def skew(self, value: str) -> int:
        """How far a domain would be above the emptiest with one more pod."""
        return self.counts.get(value, 0) + self.own - self.least


def _counts(constraint: Mapping[str, Any], pod: Object, info: NodeInfo) -> bool:
    """Whether a node is one of those that the pods may spread over."""
    if (constraint.get("nodeAffinityPolicy") or "Honor") == "Honor" and NodeAffinity().check(
        pod, info
    ):
        return False
    honoured = (constraint.get("nodeTaintsPolicy") or "Ignore") == "Honor"
    return not (honoured and Taints().check(pod, info))
