"""Where the last pass of any process ended, so that the next one begins there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.reconcile.observed import Observed
from kctl.runtime.observations import NodeObservation

PASS = "pass"
"""The meta key of what `ended` answers, as JSON."""
SKEW = 2.0
"""How well the clock of a host is known, in seconds."""


def ended(observed: Observed, revision: int, at: float, settings: Mapping[str, str]) -> Any:
    """The store's revision, the time (epoch seconds), the settings that were followed, and how
    every node looked that answered."""
    known = {
        name: seen
        for name, seen in observed.nodes.items()
        if seen.reachable and seen.facts is not None  # else the next one looks again
    }
    return {
        "revision": revision,
        "at": at,
        "digests": {name: seen.digest for name, seen in known.items()},
        "fronts": {name: _served(seen) for name, seen in known.items()},
        "refused": [name for name, seen in observed.nodes.items() if seen.refused],
        "settings": settings,
    }


def forget_what_is_known(last: Mapping[str, Any], observed: Observed) -> set[str]:
    """A node that looks as it did when the last pass ended concerns nobody, but for what its
    engine restarted by itself since then. Answers the others."""
    digests, fronts, at = last.get("digests", {}), last.get("fronts", {}), last.get("at", 0.0)
    touched: set[str] = set()
    known: set[str] = set()
    for name, seen in observed.nodes.items():
        if not seen.reachable or not seen.digest or digests.get(name) != seen.digest:
            touched.add(name)
            continue
        if fronts.get(name) == _served(seen):
            observed.changed_nodes.discard(name)
        known.update(
            uid
            for uid, pod in seen.pods.items()
            if all(each.started_at - seen.skew < at - SKEW for each in pod.containers)
        )
    for uid in known:
        observed.changed_pods.pop(uid, None)
    return touched


def _served(seen: NodeObservation) -> dict[str, str]:
    """The configurations that a node's fronts serve: the digest of its containers does not
    tell."""
    return {name: front.digest for name, front in seen.fronts.items()}
