"""The cache of node infos answers as if it were not there."""

from __future__ import annotations

from kctl.scheduler.node_cache import NodeCache
from kctl.scheduler.node_info import assume, node_info
from tests.unit.scheduler.objects import node, pod


def test_what_a_caller_assumes_is_not_kept() -> None:
    cache, one = NodeCache(), node("a")
    (first,) = cache.infos([(one, [])])
    assume(first, pod("1", ports=[{"hostPort": 80}]))
    (second,) = cache.infos([(one, [])])
    assert second == node_info(one, [])


def test_a_changed_node_or_pod_is_seen() -> None:
    cache, one, two = NodeCache(), pod("1"), pod("2")
    small, large = node("a", cpu="1"), node("a", cpu="8")
    for on, pods in [(small, [one]), (large, [one]), (large, [two]), (large, [one, two])]:
        (info,) = cache.infos([(on, pods)])
        assert info == node_info(on, pods)


def test_a_node_that_went_is_forgotten() -> None:
    cache = NodeCache()
    cache.infos([(node("a"), []), (node("b"), [])])
    assert [info.name for info in cache.infos([(node("b"), [])])] == ["b"]
