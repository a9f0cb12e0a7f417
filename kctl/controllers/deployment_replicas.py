"""How many pods a deployment may have, and how its replica sets share them.

The arithmetic of Kubernetes' deployment controller: percentages of maxSurge round up,
those of maxUnavailable round down, and a rollout can always move (both being zero makes
maxUnavailable one).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from kctl.controllers.types import Object

DESIRED = "deployment.kubernetes.io/desired-replicas"
MAX = "deployment.kubernetes.io/max-replicas"


def wanted(deployment: Object) -> int:
    return int(deployment["spec"].get("replicas", 1))


def size(replica_set: Object) -> int:
    return int(replica_set["spec"].get("replicas", 1))


def total(replica_sets: Iterable[Object]) -> int:
    return sum(map(size, replica_sets))


def available(replica_set: Object) -> int:
    """Available pods, of those that the replica set is to keep."""
    return min(int(replica_set["status"].get("availableReplicas", 0)), size(replica_set))


def is_rolling(deployment: Object) -> bool:
    return bool(deployment["spec"].get("strategy", {}).get("type") == "RollingUpdate")


def scaled(value: int | str, replicas: int, *, up: bool) -> int:
    """An int-or-percent of `replicas`."""
    if isinstance(value, int):
        return value
    if not value.endswith("%"):
        return int(value)
    percent = int(value[:-1])
    return math.ceil(percent * replicas / 100) if up else percent * replicas // 100


def fenceposts(deployment: Object) -> tuple[int, int]:
    """(surge, unavailable) in pods, resolved against the wanted number."""
    rolling = deployment["spec"].get("strategy", {}).get("rollingUpdate") or {}
    replicas = wanted(deployment)
    surge = scaled(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = scaled(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return surge, unavailable


def max_surge(deployment: Object) -> int:
    return fenceposts(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: Object) -> int:
    replicas = wanted(deployment)
    if not is_rolling(deployment) or replicas == 0:
        return 0
    return min(fenceposts(deployment)[1], replicas)


def size_of_new(deployment: Object, sets: Sequence[Object], new_size: int) -> int:
    """The size that the newest replica set may have now. `sets` are all that exist."""
    if not is_rolling(deployment):
        return wanted(deployment)
    room = wanted(deployment) + max_surge(deployment) - total(sets)
    if room <= 0:
        return new_size
    return new_size + max(0, min(room, wanted(deployment) - new_size))


def shares(deployment: Object, active: Sequence[Object]) -> dict[str, int]:
    """Sizes by name that spread a change of the wanted number over several active
    replica sets, each in proportion to its size; the largest takes what is left over."""
    allowed = wanted(deployment) + max_surge(deployment) if wanted(deployment) > 0 else 0
    missing = allowed - total(active)
    ordered = _by_size(active, newest_first=missing > 0)
    added = 0
    sizes = {}
    for each in ordered:
        share = _share(each, deployment, missing, added) if missing else 0
        sizes[each["metadata"]["name"]] = size(each) + share
        added += share
    if ordered and missing:
        largest = ordered[0]["metadata"]["name"]
        sizes[largest] = max(0, sizes[largest] + missing - added)
    return sizes


def _by_size(sets: Sequence[Object], *, newest_first: bool) -> list[Object]:
    by_age = sorted(sets, key=created, reverse=newest_first)
    return sorted(by_age, key=size, reverse=True)


def created(obj: Object) -> tuple[str, str]:
    """Sorts the oldest first."""
    metadata = obj["metadata"]
    return (metadata.get("creationTimestamp") or "", metadata["name"])


def _share(replica_set: Object, deployment: Object, missing: int, added: int) -> int:
    if size(replica_set) == 0 or missing == added:
        return 0
    fraction = _fraction(replica_set, deployment)
    left = missing - added
    return min(fraction, left) if missing > 0 else max(fraction, left)


def _fraction(replica_set: Object, deployment: Object) -> int:
    if wanted(deployment) == 0:
        return -size(replica_set)
    before = annotated(replica_set, MAX) or int(deployment["status"].get("replicas", 0))
    if before == 0:
        return 0
    exact = size(replica_set) * (wanted(deployment) + max_surge(deployment)) / before
    return math.floor(exact + 0.5) - size(replica_set)


def annotated(replica_set: Object, name: str) -> int | None:
    """A number in an annotation; None where there is none to read."""
    text = (replica_set["metadata"].get("annotations") or {}).get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None
