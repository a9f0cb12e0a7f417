"""Hosts that hang: the loop goes on with the others, and no command waits long for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from kctl.controllers.common import condition
from kctl.reconcile import looker
from kctl.reconcile.log import Log
from kctl.reconcile.loop import Loop
from kctl.reconcile.settled import on_its_way
from kctl.runtime.simulated import SimulatedRuntime
from tests.unit.reconcile.conftest import Lab

HOSTS = 16


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Shut: what hangs hangs on until the test is over."""
    found = threading.Event()
    yield found
    found.set()


def _host(loop: Loop, name: str) -> SimulatedRuntime:
    runtime = loop.hosts.runtime(name)
    assert isinstance(runtime, SimulatedRuntime)
    return runtime


def _hang(loop: Loop, name: str, gate: threading.Event) -> None:
    runtime = _host(loop, name)
    runtime._sleep = runtime._executor._sleep = lambda seconds: gate.wait(60)
    runtime.faults.hang = 1.0


def _run(loop: Loop, until: Callable[[], bool]) -> None:
    """Whatever else is under way."""

    def look(loop: Loop) -> None:
        loop.stopping = until()

    loop.run(lambda _: False, time.time() + 60, each_turn=look)
    loop.stopping = False
    assert until()


def _ready(lab: Lab, node: str) -> str:
    found = condition(lab.plane.api.get("nodes", node, ""), "Ready")
    assert found is not None
    return str(found["status"])


def _world(lab: Lab) -> Loop:
    for number in range(HOSTS):
        lab.node(f"n{number:02}", number, look="0.002", start="0.01")
    return lab.settle()


def test_the_others_start_their_pods_while_one_hangs(lab: Lab, gate: threading.Event) -> None:
    loop = _world(lab)
    _hang(loop, "n03", gate)
    loop.looker.start(["n03"])
    lab.deployment(replicas=45)
    _run(loop, lambda: lab.ready() >= 40)
    assert not gate.is_set()
    elsewhere = [pod for pod in lab.pods() if pod["spec"].get("nodeName") != "n03"]
    _run(loop, lambda: lab.ready() >= len(elsewhere))


def test_a_new_process_does_not_wait_for_a_host_that_was_silent_before(
    lab: Lab, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.plane.settings = {**lab.plane.settings, "node-monitor-grace-period": "0"}
    loop = _world(lab)
    _host(loop, "n03").faults.unreachable = "connection timed out"
    loop.looker.look(["n03"])
    _run(loop, lambda: _ready(lab, "n03") == "Unknown")
    loop.remember()
    _hang(loop, "n03", gate)
    monkeypatch.setattr(looker, "LOOK_SECONDS", 10_000.0)
    again = lab.loop = Loop(lab.plane, Log(), hosts=loop.hosts)
    beginning = threading.Thread(target=again.begin, daemon=True)
    beginning.start()
    beginning.join(30)
    assert not beginning.is_alive()
    assert again.summary.unreachable.keys() == {"n03"}
    assert again.summary.answering


def test_a_process_that_is_told_to_be_patient_waits_for_its_answer(
    lab: Lab, gate: threading.Event
) -> None:
    lab.plane.settings = {**lab.plane.settings, "node-monitor-grace-period": "0"}
    loop = _world(lab)
    _host(loop, "n03").faults.unreachable = "connection timed out"
    loop.looker.look(["n03"])
    _run(loop, lambda: _ready(lab, "n03") == "Unknown")
    loop.remember()
    slow = _host(loop, "n03")
    slow.faults.heal()
    slow._sleep = lambda seconds: time.sleep(looker.SILENT_SECONDS + 0.5)
    again = lab.loop = Loop(lab.plane, Log(), hosts=loop.hosts)
    again.looker.patient = True
    again.begin()
    assert again.summary.unreachable == {}


def test_what_was_asked_of_it_is_given_up_when_it_counts_as_lost(
    lab: Lab, gate: threading.Event
) -> None:
    lab.plane.settings = {**lab.plane.settings, "node-monitor-grace-period": "0"}
    lab.node("n00", 0)
    lab.node("n01", 1)
    lab.deployment(replicas=4)
    loop = lab.settle()
    name = next(p["metadata"]["name"] for p in lab.pods() if p["spec"]["nodeName"] == "n00")
    _hang(loop, "n00", gate)
    lab.plane.api.delete("pods", name, "default")
    _run(loop, lambda: loop.executor.nodes() == {"n00"})
    runtime = _host(loop, "n00")
    runtime.faults.hang, runtime.faults.unreachable = 0.0, "connection timed out"
    loop.looker.start(["n00"])
    _run(loop, lambda: _ready(lab, "n00") == "Unknown" and not loop.executor.nodes())
    assert not gate.is_set()
    assert not on_its_way(loop.mirror) or lab.ready() < 4


def test_a_lost_host_that_is_back_is_looked_at_with_its_facts(lab: Lab) -> None:
    lab.plane.settings = {**lab.plane.settings, "node-monitor-grace-period": "0"}
    lab.node("n00", 0)
    lab.node("n01", 1)
    loop = lab.settle()
    host = _host(loop, "n00")
    host.faults.unreachable = "connection timed out"
    loop.looker.look(["n00"])
    _run(loop, lambda: _ready(lab, "n00") == "Unknown")
    loop.remember()
    again = lab.loop = Loop(lab.plane, Log(), hosts=loop.hosts)
    again.begin()
    host.reboot()
    host.faults.heal()
    again.looker.look(["n00"])
    _run(again, lambda: _ready(lab, "n00") == "True")
    node = lab.plane.api.get("nodes", "n00", "")
    assert node["status"]["nodeInfo"]["bootID"] == host.facts.info["bootID"]
