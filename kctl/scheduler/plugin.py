"""The built-in filters, scores and scheduler, registered as a third party's would be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kctl.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from kctl.scheduler.types import Filter, Scheduler, Score


@hookimpl
def kctl_filters() -> list[Filter]:
    """In the order of Kubernetes' default profile, since the first refusal is the reason
    that people read."""
    from kctl.scheduler.filters.node_affinity import NodeAffinity
    from kctl.scheduler.filters.node_name import NodeName
    from kctl.scheduler.filters.node_resources import NodeResources
    from kctl.scheduler.filters.pod_affinity import PodAffinity
    from kctl.scheduler.filters.ports import Ports
    from kctl.scheduler.filters.taints import Taints
    from kctl.scheduler.filters.topology_spread import TopologySpread
    from kctl.scheduler.filters.unschedulable import Unschedulable

    return [
        Unschedulable(),
        NodeName(),
        Taints(),
        NodeAffinity(),
        Ports(),
        NodeResources(),
        TopologySpread(),
        PodAffinity(),
    ]


@hookimpl
def kctl_scores() -> list[Score]:
    """With the weights of Kubernetes' default profile."""
    from kctl.scheduler.scores.balanced import Balanced
    from kctl.scheduler.scores.image_locality import ImageLocality
    from kctl.scheduler.scores.least_allocated import LeastAllocated
    from kctl.scheduler.scores.node_affinity import PreferredNodeAffinity
    from kctl.scheduler.scores.pod_affinity import PreferredPodAffinity
    from kctl.scheduler.scores.spread import Spread
    from kctl.scheduler.scores.taints import PreferredTaints
    from kctl.scheduler.scores.topology_spread import PreferredSpread

    return [
        PreferredTaints(),
        PreferredNodeAffinity(),
        PreferredSpread(),
        Spread(),
        PreferredPodAffinity(),
        LeastAllocated(),
        Balanced(),
        ImageLocality(),
    ]


@hookimpl
def kctl_schedulers(filters: Sequence[Filter], scores: Sequence[Score]) -> list[Scheduler]:
    """The default scheduler, made of everybody's filters and scores."""
    from kctl.scheduler.profile import Profile

    return [Profile(filters, scores)]
