"""Preferences by values: which node is better, and when there is no opinion."""

from __future__ import annotations

from kctl.scheduler.node_info import node_info
from kctl.scheduler.scores.balanced import Balanced
from kctl.scheduler.scores.least_allocated import LeastAllocated
from kctl.scheduler.scores.node_affinity import PreferredNodeAffinity
from kctl.scheduler.scores.spread import Spread
from kctl.scheduler.scores.taints import PreferredTaints
from tests.unit.scheduler.objects import infos, node, pod


def test_least_allocated_is_what_is_left_in_percent() -> None:
    busy = node_info(node("busy"), [pod("2", "4Gi")])
    free = node_info(node("free"), [])
    scores = LeastAllocated().score(pod("1", "2Gi"), [busy, free])
    assert scores == {"busy": 25.0, "free": 75.0}


def test_balanced_prefers_even_use() -> None:
    crooked = node_info(node("crooked"), [pod("2")])
    even = node_info(node("even"), [pod("2", "4Gi")])
    scores = Balanced().score(pod("1", "2Gi"), [crooked, even])
    assert scores["even"] == 100.0
    assert scores["crooked"] < 100.0
    assert Balanced().score(pod(), [crooked, even]) == {}


def test_spread_counts_pods_of_the_same_owner() -> None:
    one = node_info(node("one"), [pod(owner="web"), pod(owner="other")])
    none = node_info(node("none"), [pod(owner="other")])
    assert Spread().score(pod(owner="web"), [one, none]) == {"one": 50.0, "none": 100.0}
    assert Spread().score(pod(), [one, none]) == {}


def test_preferred_affinity_adds_weights_up_to_the_best() -> None:
    terms = [
        {"weight": 30, "preference": _exists("ssd")},
        {"weight": 10, "preference": _exists("fast")},
    ]
    rule = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": terms}}
    nodes = infos(
        node("both", labels={"ssd": "", "fast": ""}), node("one", labels={"fast": ""}), node("no")
    )
    scores = PreferredNodeAffinity().score(pod(affinity=rule), nodes)
    assert scores == {"both": 100.0, "one": 25.0, "no": 0.0}


def test_preferred_taints_are_avoided_unless_tolerated() -> None:
    taint = {"key": "k", "effect": "PreferNoSchedule"}
    nodes = infos(node("tainted", taints=[taint]), node("clean"))
    assert PreferredTaints().score(pod(), nodes) == {"tainted": 0.0, "clean": 100.0}
    tolerating = pod(tolerations=[{"operator": "Exists"}])
    assert PreferredTaints().score(tolerating, nodes) == {}


def _exists(key: str) -> dict[str, object]:
    return {"matchExpressions": [{"key": key, "operator": "Exists"}]}
