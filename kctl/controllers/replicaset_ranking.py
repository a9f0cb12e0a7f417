"""Which pods of a replica set go first when it shrinks.

The order of Kubernetes: unassigned before assigned, pending before running, not ready
before ready, cheap (controller.kubernetes.io/pod-deletion-cost) before dear, on crowded
nodes before others, ready for a short time before long, often restarted before seldom,
young before old. Times are compared by their order of magnitude, and by uid within it, so
that pods of one rollout do not all go in the order in which they came.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cmp_to_key

from kctl.controllers.common import epoch, ready_since, uid_of
from kctl.controllers.types import Object

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


@dataclass(frozen=True, slots=True)
class _Rank:
    pod: Object
    first: tuple[int, ...]
    """what is compared before any time, smallest goes first"""
    ready: float | None
    restarts: int
    created: float
    uid: str


def to_delete(
    pods: Sequence[Object], related: Iterable[Object], count: int, now: float
) -> list[Object]:
    """`count` of the active `pods`. `related` are the active pods of the replica sets of
    the same owner, `pods` among them; `now` in epoch seconds."""
    if count <= 0:
        return []
    if count >= len(pods):
        return list(pods)
    crowds = Counter(each["spec"].get("nodeName", "") for each in related)
    ranks = [_rank(pod, crowds) for pod in pods]
    ranks.sort(key=cmp_to_key(lambda one, other: _compare(one, other, now)))
    return [rank.pod for rank in ranks[:count]]


def _rank(pod: Object, crowds: Counter[str]) -> _Rank:
    node = pod["spec"].get("nodeName", "")
    status = pod.get("status") or {}
    ready = ready_since(pod)
    restarts = [each.get("restartCount", 0) for each in status.get("containerStatuses") or ()]
    first = (
        1 if node else 0,
        _PHASES.get(status.get("phase", ""), 0),
        0 if ready is None else 1,
        deletion_cost(pod),
        -crowds[node],
    )
    created = epoch(pod["metadata"].get("creationTimestamp"))
    return _Rank(pod, first, ready, max(restarts, default=0), created, uid_of(pod))


def deletion_cost(pod: Object) -> int:
    """The annotation's number, 0 where there is none or it is no 32-bit number."""
    text = (pod["metadata"].get("annotations") or {}).get(DELETION_COST, "0")
    try:
        cost = int(text)
    except ValueError:
        return 0
    return cost if -(2**31) <= cost < 2**31 else 0


def _compare(one: _Rank, other: _Rank, now: float) -> int:
    if one.first != other.first:
        return -1 if one.first < other.first else 1
    if one.ready is not None and other.ready is not None and one.ready != other.ready:
        return _by_age(one, other, one.ready, other.ready, now)
    if one.restarts != other.restarts:
        return -1 if one.restarts > other.restarts else 1
    if one.created != other.created:
        return _by_age(one, other, one.created, other.created, now)
    return _by_uid(one, other)


def _by_age(one: _Rank, other: _Rank, at: float, other_at: float, now: float) -> int:
    if not at or not other_at:
        return -1 if at < other_at else 1
    difference = _magnitude(now - at) - _magnitude(now - other_at)
    return difference or _by_uid(one, other)


def _by_uid(one: _Rank, other: _Rank) -> int:
    return (one.uid > other.uid) - (one.uid < other.uid)


def _magnitude(seconds: float) -> int:
    nanoseconds = int(seconds * 1e9)
    return int(math.log2(nanoseconds)) if nanoseconds > 0 else -1
