"""Counters of containers and machines, and the rates between two samples."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.runtime.docker.machine import usage_of
from kctl.runtime.docker.stats import usage
from kctl.runtime.simulated_engine import Engine
from kctl.runtime.simulated_engine import Pod as SimulatedPod
from kctl.runtime.simulated_stats import Loads
from kctl.runtime.stats import NodeUsage, Rate, Usage, known_since, rate, rates

READ = "2026-11-23T14:29:51.25Z"
AT = 1795444191.25


def said(memory: dict[str, Any], read: str = READ) -> dict[str, Any]:
    return {
        "read": read,
        "cpu_stats": {"cpu_usage": {"total_usage": 32_699_303}},
        "memory_stats": memory,
    }


def test_working_set_of_cgroup_v1_leaves_out_inactive_files_of_the_whole_tree() -> None:
    parts = {"inactive_file": 1, "total_inactive_file": 4096}
    found = usage("x", said({"usage": 10_000, "stats": parts}))
    assert found == Usage(AT, 32_699_303, 5904, "x")


def test_working_set_of_cgroup_v2() -> None:
    found = usage("x", said({"usage": 10_000, "stats": {"inactive_file": 6000}}))
    assert found is not None and found.memory == 4000


def test_working_set_is_never_negative() -> None:
    found = usage("x", said({"usage": 10, "stats": {"inactive_file": 6000}}))
    assert found is not None and found.memory == 0


@pytest.mark.parametrize(
    "answer",
    [
        said({}),
        said({"usage": 5}, read="0001-01-01T00:00:00Z"),
        {"read": READ},
        {},
    ],
)
def test_a_container_that_does_not_run_has_no_usage(answer: dict[str, Any]) -> None:
    assert usage("x", answer) is None


STAT = "cpu  100 20 30 1000 500 5 6 7 90 0\ncpu0 1 1 1 1\n"
MEMINFO = "MemTotal: 1000 kB\nMemFree: 300 kB\nInactive(file): 200 kB\nHugePages_Total: 0\n"


def test_machine_counts_busy_ticks_and_the_working_set() -> None:
    """Waiting for disks is idle; guests are in user and nice already."""
    found = usage_of(STAT, MEMINFO, 7.0)
    assert found == Usage(7.0, (100 + 20 + 30 + 5 + 6 + 7) * 10_000_000, 500 * 1024)


@pytest.mark.parametrize(("stat", "meminfo"), [("", MEMINFO), (STAT, ""), ("cpu 1 2", MEMINFO)])
def test_machine_that_does_not_tell(stat: str, meminfo: str) -> None:
    assert usage_of(stat, meminfo, 7.0) is None


def test_rate_is_cores_over_the_window() -> None:
    assert rate(Usage(10.0, 0, 5, "a"), Usage(14.0, 2_000_000_000, 9, "a")) == Rate(14.0, 4, 0.5, 9)


@pytest.mark.parametrize(
    "before",
    [Usage(10.0, 5, 1, "other"), Usage(10.0, 50, 1, "a"), Usage(20.0, 5, 1, "a")],
    ids=["another container", "restarted", "no time between"],
)
def test_no_rate_between_what_cannot_be_compared(before: Usage) -> None:
    assert rate(before, Usage(20.0, 10, 1, "a")) is None


def test_a_pod_is_known_once_every_container_is() -> None:
    one, two = Usage(10.0, 0, 1, "a"), Usage(20.0, 10**9, 1, "a")
    before = NodeUsage("n", 10.0, None, {"p": {"x": one}, "gone": {"x": one}})
    after = NodeUsage("n", 20.0, None, {"p": {"x": two}, "new": {"x": two}})
    assert list(rates(before, after).pods) == ["p"]
    both = NodeUsage("n", 20.0, None, {"p": {"x": two, "y": two}})
    assert rates(before, both).pods == {}


def test_simulated_load_adds_up_over_changes() -> None:
    engine = Engine("n", lambda uid, name, action: None)
    container = engine.add(SimulatedPod("u", "default", "web"), "c", 0, 0, "i", "always")
    engine.start(container, 100.0)
    loads = Loads()
    loads.of["web"] = (0.5, 77)
    first = loads.sample("n", engine, 102.0, None)
    assert first.pods["u"]["c"].cpu == 1_000_000_000
    loads.of["web"] = (2.0, 78)
    second = loads.sample("n", engine, 103.0, None)
    assert rates(first, second).pods["u"]["c"] == Rate(103.0, 1.0, 2.0, 78)
    assert loads.sample("n", engine, 104.0, ["another"]).pods == {}


def test_what_began_since_is_compared_with_its_first_sample_and_all_else_with_the_older() -> None:
    old, mid = Usage(0.0, 0, 1, "a"), Usage(15.0, 10**9, 1, "a")
    young, again = Usage(15.0, 5, 1, "b"), Usage(15.0, 7, 1, "new")
    before = NodeUsage("n", 0.0, old, {"p": {"x": old}, "q": {"x": Usage(0.0, 0, 1, "old")}})
    after = NodeUsage("n", 15.0, mid, {"p": {"x": mid}, "q": {"x": again}, "r": {"x": young}})
    since = known_since(before, after)
    assert since.machine == old
    assert since.pods == {"p": {"x": old}, "q": {"x": again}, "r": {"x": young}}
