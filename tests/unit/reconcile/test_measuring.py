"""Samples beside the loop: when they are taken, and what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import pytest

from kctl.controllers.types import Changes, Mapper, View
from kctl.reconcile import measuring, usage
from kctl.reconcile.measuring import Measurer
from kctl.reconcile.observed import Observed
from kctl.reconcile.usage import Sampler, measure, sample
from kctl.runtime.simulated import SimulatedRuntime
from kctl.runtime.simulated_engine import Pod
from kctl.runtime.stats import NodeUsage
from kctl.runtime.types import HostUnreachable, Runtime
from kctl.store.types import Key

NO_VIEW = cast(View, None)


class Curious:
    """A controller that wants to know what some pods use."""

    name = "curious"
    watches: Mapping[str, Mapper] = {}

    def __init__(self) -> None:
        self.pods: list[tuple[str, str]] = []

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        return Changes()

    def measures(self, view: View) -> Iterable[tuple[str, str]]:
        return self.pods


class Host:
    """A node on a clock of its own; `asked` are the pods of each sample."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.runtime = SimulatedRuntime("n", now=lambda: self.at)
        self.asked: list[Any] = []
        plain = self.runtime.usage

        def noting(pods: Any = None) -> NodeUsage:
            self.asked.append(pods)
            return plain(pods)

        self.runtime.usage = noting  # type: ignore[method-assign]

    def run(self, uid: str) -> None:
        engine = self.runtime.engine
        made = engine.add(Pod(uid, "default", uid), "c", 0, 0, "i", "always")
        engine.start(made, self.at)

    def of(self, node: str) -> Runtime:
        if node != "n":
            raise HostUnreachable("no such node")
        return self.runtime


@pytest.fixture
def host() -> Host:
    made = Host()
    made.run("p")
    return made


def turn(measurer: Measurer, observed: Observed) -> None:
    """Until a sample that is due was taken in."""
    measurer.turn(lambda: NO_VIEW, observed)
    deadline = time.monotonic() + 10
    while measurer._future is not None:
        assert time.monotonic() < deadline
        measurer.turn(lambda: NO_VIEW, observed)
        time.sleep(0.001)


def at_work(host: Host, *, stays: bool = True) -> tuple[Measurer, Curious, Observed]:
    curious = Curious()
    measurer = Measurer([curious], host.of, lambda: None)
    measurer.begin(None, stays=stays)
    return measurer, curious, Observed()


def test_nothing_is_asked_while_nobody_wants_to_know(host: Host) -> None:
    measurer, curious, observed = at_work(host)
    turn(measurer, observed)
    assert host.asked == [] and measurer.memo() is None
    curious.pods = [("n", "p")]
    turn(measurer, observed)
    assert host.asked == [], "controllers are asked again a second later"
    measurer._due = 0.0
    turn(measurer, observed)
    assert host.asked == [{"p"}]


def test_a_rate_is_known_after_the_second_sample(host: Host) -> None:
    measurer, curious, observed = at_work(host)
    curious.pods = [("n", "p"), ("elsewhere", "q")]
    host.runtime.loads.of["p"] = (0.5, 77)
    turn(measurer, observed)
    assert observed.usage == {} and not observed.changed_usage
    host.at += 10
    measurer._due = 0.0
    turn(measurer, observed)
    assert observed.changed_usage and observed.sampled == 1010.0
    rate = observed.usage["n"].pods["p"]["c"]
    assert (rate.cpu, rate.memory, rate.window) == (0.5, 77, 10.0)


def test_what_begins_is_known_soon_and_the_window_of_the_others_stays_long(host: Host) -> None:
    measurer, curious, observed = at_work(host)
    curious.pods = [("n", "p"), ("n", "q")]
    for step in (0.0, 10.0, 15.0):
        host.at += step
        if step == 15.0:
            host.run("q")
        measurer._due = 0.0
        turn(measurer, observed)
    assert set(observed.usage["n"].pods) == {"p"}
    assert measurer._due is not None
    assert measurer._due - time.monotonic() <= measuring.SOON
    host.at += measuring.SOON
    measurer._due = 0.0
    turn(measurer, observed)
    windows = {uid: each["c"].window for uid, each in observed.usage["n"].pods.items()}
    assert windows == {"p": 25.0, "q": 10.0}


def test_one_pass_takes_one_sample_and_compares_it_with_the_last_process(host: Host) -> None:
    first, curious, observed = at_work(host, stays=False)
    curious.pods = [("n", "p")]
    host.at = time.time()
    assert first.busy
    turn(first, observed)
    assert not first.busy and observed.usage == {}
    left = first.memo()
    assert left is not None
    host.at += 60
    second = Measurer([curious], host.of, lambda: None)
    second.begin(left, stays=False)
    turn(second, observed)
    assert observed.usage["n"].pods["p"]["c"].window == pytest.approx(60.0)
    turn(second, observed)
    assert len(host.asked) == 2


def test_what_was_left_behind_long_ago_says_nothing(host: Host) -> None:
    first, curious, observed = at_work(host, stays=False)
    curious.pods = [("n", "p")]
    host.at = time.time() - measuring.OLDEST - 1
    turn(first, observed)
    left = first.memo()
    host.at = time.time()
    second = Measurer([curious], host.of, lambda: None)
    second.begin(left, stays=False)
    turn(second, observed)
    assert observed.usage == {}


def test_it_does_nothing_before_it_is_told_to(host: Host) -> None:
    curious, observed = Curious(), Observed()
    curious.pods = [("n", "p")]
    measurer = Measurer([curious], host.of, lambda: None)
    turn(measurer, observed)
    assert host.asked == [] and not measurer.busy


def test_a_node_that_does_not_answer_is_left_out(host: Host) -> None:
    silent = SimulatedRuntime("m")
    silent.faults.unreachable = "gone"
    assert list(sample({"n": host.runtime, "m": silent})) == ["n"]


def test_two_samples_of_somebody_who_waits_are_a_second_apart(host: Host) -> None:
    pauses: list[float] = []
    measure(lambda: sample({"n": host.runtime}), pauses.append)
    assert len(host.asked) == 2
    assert len(pauses) == 1 and 0 <= pauses[0] <= usage.APART


def test_the_first_question_waits_for_two_samples_and_others_do_not(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "APART", 0.0)
    clock = iter(range(1000, 2000))
    host.runtime.now = lambda: float(next(clock))
    sampler = Sampler(lambda: {"n": host.runtime})
    try:
        assert set(sampler.current()["n"].pods) == {"p"}
        assert len(host.asked) == 2
        assert set(sampler.current()["n"].pods) == {"p"}
        assert len(host.asked) == 2
    finally:
        sampler.close()
