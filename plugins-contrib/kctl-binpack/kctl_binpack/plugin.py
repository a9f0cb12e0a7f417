"""Registers the scheduler "binpack"."""

from __future__ import annotations

from collections.abc import Sequence

from kctl.plugins.hookspecs import hookimpl
from kctl.scheduler.types import Filter, Scheduler, Score

KEPT = ("TaintToleration", "NodeAffinity")
"""Scores of other plugins that go on counting: what pods and nodes prefer by name. Those
that spread would work against this scheduler."""


@hookimpl
def kctl_schedulers(filters: Sequence[Filter], scores: Sequence[Score]) -> list[Scheduler]:
    from kctl.scheduler.profile import Profile
    from kctl_binpack.most_allocated import MostAllocated

    kept = [score for score in scores if score.name in KEPT]
    return [Profile(filters, [*kept, MostAllocated()], "binpack")]
