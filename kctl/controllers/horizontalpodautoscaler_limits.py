"""How far a recommendation is followed: stabilization, rates of change, bounds.

https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#configurable-scaling-behavior.
What has been recommended and changed lately is remembered between the passes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DOWNSCALE_WINDOW = 300
"""--horizontal-pod-autoscaler-downscale-stabilization, in seconds."""

Entry = tuple[float, int]
"""(epoch seconds, number of replicas, or by how much it changed)"""
Condition = tuple[str, bool, str, str]
"""(type, status, reason, message)"""

WITHIN = ("DesiredWithinRange", "the desired count is within the acceptable range")
_TOO_MANY = (
    "TooManyReplicas",
    "the desired replica count is more than the maximum replica count",
)
_TOO_FEW = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
_TOO_FAST_UP = (
    "ScaleUpLimit",
    "the desired replica count is increasing faster than the maximum scale rate",
)
_TOO_FAST_DOWN = (
    "ScaleDownLimit",
    "the desired replica count is decreasing faster than the maximum scale rate",
)
_READY = ("ReadyForNewScale", "recommended size matches current size")
_UP_HELD = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
)
_DOWN_HELD = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent "
    "recommendation",
)


@dataclass
class History:
    """What the autoscaler of a uid did lately; `seen` is the time of the newest sample that
    counted."""

    uid: str
    seen: float = 0.0
    recommended: list[Entry] = field(default_factory=list)
    ups: list[Entry] = field(default_factory=list)
    downs: list[Entry] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, uid: str) -> History:
        """Of what `text` made of another; a new one where that was another autoscaler's."""
        known, seen, *lists = json.loads(text) if text else ("", 0.0)
        if known != uid:
            return cls(uid)
        return cls(uid, seen, *([(at, number) for at, number in each] for each in lists))

    def text(self) -> str:
        return json.dumps([self.uid, self.seen, self.recommended, self.ups, self.downs])

    def recommend(self, now: float, replicas: int, behavior: Mapping[str, Any] | None) -> None:
        """Keep a recommendation for as long as any window reaches back."""
        longest = max(_window(behavior, "scaleUp"), _window(behavior, "scaleDown"))
        kept = [each for each in self.recommended if each[0] > now - longest]
        self.recommended = [*kept, (now, replicas)]

    def changed(self, now: float, by: int, behavior: Mapping[str, Any] | None) -> None:
        """Keep a change for as long as any policy looks back."""
        if behavior is None or not by:
            return
        name = "scaleUp" if by > 0 else "scaleDown"
        longest = max(each["periodSeconds"] for each in behavior[name]["policies"])
        entries = self.ups if by > 0 else self.downs
        kept = [each for each in entries if each[0] > now - longest]
        entries[:] = [*kept, (now, abs(by))]


@dataclass(frozen=True, slots=True)
class Bounds:
    least: int
    most: int
    behavior: Mapping[str, Any] | None


def limited(
    current: int, wanted: int, bounds: Bounds, history: History, now: float
) -> tuple[int, list[Condition]]:
    """The number of replicas to have after a recommendation, and what there is to say of it.
    The recommendation becomes part of the history."""
    steady = _stabilized(current, wanted, bounds.behavior, history, now)
    history.recommend(now, wanted, bounds.behavior)
    held = _UP_HELD if wanted >= current and bounds.behavior is not None else _DOWN_HELD
    able = _READY if steady == wanted else held
    if bounds.behavior is None:
        replicas, why = _within(current, steady, bounds)
    else:
        replicas, why = _at_rate(current, steady, bounds, bounds.behavior, history, now)
    limiting = replicas != steady
    return replicas, [
        ("AbleToScale", True, *able),
        ("ScalingLimited", limiting, *(why if limiting else WITHIN)),
    ]


def _window(behavior: Mapping[str, Any] | None, name: str) -> int:
    given = ((behavior or {}).get(name) or {}).get("stabilizationWindowSeconds")
    default = DOWNSCALE_WINDOW if name == "scaleDown" else 0
    return default if given is None else int(given)


def _stabilized(
    current: int, wanted: int, behavior: Mapping[str, Any] | None, history: History, now: float
) -> int:
    """The recommendation, held by the recent ones: between the lowest within the window of
    growing and the highest within that of shrinking."""
    ups = [n for at, n in history.recommended if at > now - _window(behavior, "scaleUp")]
    downs = [n for at, n in history.recommended if at > now - _window(behavior, "scaleDown")]
    lowest, highest = min((*ups, wanted)), max((*downs, wanted))
    if behavior is None:
        return highest
    return min(max(current, lowest), highest)


def _within(current: int, wanted: int, bounds: Bounds) -> tuple[int, tuple[str, str]]:
    """Without a behaviour: at most twice as many at once, or four."""
    fastest = max(2 * current, 4)
    most, why = (fastest, _TOO_FAST_UP) if bounds.most > fastest else (bounds.most, _TOO_MANY)
    if wanted < bounds.least:
        return bounds.least, _TOO_FEW
    return (most, why) if wanted > most else (wanted, WITHIN)


def _at_rate(
    current: int,
    wanted: int,
    bounds: Bounds,
    behavior: Mapping[str, Any],
    history: History,
    now: float,
) -> tuple[int, tuple[str, str]]:
    if wanted > current:
        fastest = max(_highest(current, behavior["scaleUp"], history, now), current)
        most, why = (fastest, _TOO_FAST_UP) if bounds.most > fastest else (bounds.most, _TOO_MANY)
        return (most, why) if wanted > most else (wanted, WITHIN)
    if wanted < current:
        fastest = min(_lowest(current, behavior["scaleDown"], history, now), current)
        slow = bounds.least < fastest
        least, why = (fastest, _TOO_FAST_DOWN) if slow else (bounds.least, _TOO_FEW)
        return (least, why) if wanted < least else (wanted, WITHIN)
    return wanted, WITHIN


def _highest(current: int, rules: Mapping[str, Any], history: History, now: float) -> int:
    """The most replicas that the policies of growing allow now."""
    if rules["selectPolicy"] == "Disabled":
        return current
    proposals: list[int] = []
    for policy in rules["policies"]:
        began = _at_beginning(current, policy, history, now)
        if policy["type"] == "Pods":
            proposals.append(began + policy["value"])
        else:
            proposals.append(math.ceil(began * (1 + policy["value"] / 100)))
    return min(proposals) if rules["selectPolicy"] == "Min" else max(proposals)


def _lowest(current: int, rules: Mapping[str, Any], history: History, now: float) -> int:
    """The fewest replicas that the policies of shrinking allow now."""
    if rules["selectPolicy"] == "Disabled":
        return current
    proposals: list[int] = []
    for policy in rules["policies"]:
        began = _at_beginning(current, policy, history, now)
        if policy["type"] == "Pods":
            proposals.append(began - policy["value"])
        else:
            proposals.append(int(began * (1 - policy["value"] / 100)))
    return max(proposals) if rules["selectPolicy"] == "Min" else min(proposals)


def _at_beginning(current: int, policy: Mapping[str, Any], history: History, now: float) -> int:
    """How many there were when the period of a policy began."""
    since = now - policy["periodSeconds"]
    return current - _sum(history.ups, since) + _sum(history.downs, since)


def _sum(entries: Sequence[Entry], since: float) -> int:
    return sum(number for at, number in entries if at > since)
