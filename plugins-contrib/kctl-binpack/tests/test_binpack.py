"""The scheduler through the hooks that kctl asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kctl_binpack import plugin

from kctl.plugins.manager import load
from kctl.scheduler.types import NodeInfo, Resources, Scheduler

GIB = 1 << 30


@pytest.fixture(scope="module")
def scheduler() -> Scheduler:
    """As kctl makes it: with the filters and scores of everybody else."""
    from kctl.scheduler.plugin import kctl_filters, kctl_scores

    (found,) = plugin.kctl_schedulers(filters=kctl_filters(), scores=kctl_scores())
    return found


def pod(name: str, cpu: str = "500m", memory: str = "256Mi", **spec: Any) -> dict[str, Any]:
    requests = {"cpu": cpu, "memory": memory}
    containers = [{"name": "main", "image": "x", "resources": {"requests": requests}}]
    return {
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}-{cpu}"},
        "spec": {"schedulerName": "binpack", "containers": containers, **spec},
    }


def node(name: str, cpu: int = 2000, used: int = 0, **spec: Any) -> NodeInfo:
    labels = {"kubernetes.io/hostname": name}
    allocatable = Resources(milli_cpu=cpu, memory=4 * GIB, pods=110)
    busy = Resources(milli_cpu=used, memory=used * GIB // 1000)
    obj = {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {}}
    return NodeInfo(obj, allocatable, busy, usual=Resources(busy.milli_cpu, busy.memory))


def places(scheduler: Scheduler, pods: list[Any], nodes: list[NodeInfo]) -> list[str | None]:
    return [each.node for each in scheduler.schedule(pods, nodes)]


def test_it_is_called_binpack(scheduler: Scheduler) -> None:
    assert scheduler.name == "binpack"


def test_the_fullest_node_that_has_room_is_taken(scheduler: Scheduler) -> None:
    nodes = [node("empty"), node("half", used=1000), node("full", used=1900)]
    assert places(scheduler, [pod("a")], nodes) == ["half"]


def test_one_node_is_filled_before_the_next_is_opened(scheduler: Scheduler) -> None:
    pods = [pod(f"p{number}") for number in range(8)]
    found = places(scheduler, pods, [node("a"), node("b"), node("c")])
    assert found == ["a"] * 4 + ["b"] * 4


def test_filters_still_decide_where_a_pod_can_go(scheduler: Scheduler) -> None:
    taints = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]
    nodes = [node("empty"), node("tainted", used=1000, taints=taints)]
    assert places(scheduler, [pod("a")], nodes) == ["empty"]


def test_a_pod_that_fits_nowhere_is_told_why(scheduler: Scheduler) -> None:
    (decision,) = scheduler.schedule([pod("big", cpu="8")], [node("a"), node("b")])
    assert decision.node is None
    assert "Insufficient cpu" in decision.message


@given(st.lists(st.integers(100, 2000), min_size=1, max_size=12))
def test_no_node_is_ever_overcommitted(cpus: list[int]) -> None:
    from kctl.scheduler.plugin import kctl_filters, kctl_scores

    (scheduler,) = plugin.kctl_schedulers(filters=kctl_filters(), scores=kctl_scores())
    pods = [pod(f"p{number}", cpu=f"{cpu}m") for number, cpu in enumerate(cpus)]
    used: dict[str, int] = {}
    for cpu, where in zip(cpus, places(scheduler, pods, [node("a"), node("b")]), strict=True):
        if where is not None:
            used[where] = used.get(where, 0) + cpu
    assert all(amount <= 2000 for amount in used.values())


def test_kctl_finds_it_where_it_is_installed(tmp_path: Path) -> None:
    """Through its entry point: `pip install` this folder to run the test."""
    from importlib.metadata import entry_points

    assert "binpack" in {each.name for each in entry_points(group="kctl")}
    plugins = load(tmp_path)
    assert "binpack" in {each.name for each in plugins.schedulers()}
    states = {each.name: each for each in plugins.states()}
    assert (states["binpack"].state, states["binpack"].error) == ("ok", "")
