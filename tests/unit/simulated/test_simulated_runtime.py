"""The simulated engine behaves as Docker does where kctl relies on it."""

from __future__ import annotations

import io
import threading
import time
from typing import Any

import pytest

from kctl.runtime.observations import SANDBOX, ContainerState
from kctl.runtime.operations import (
    NetworkSettings,
    PodNetwork,
    PrepareNode,
    RemoveContainer,
    RunProbe,
    StartContainer,
    StopContainer,
    TerminatePod,
)
from kctl.runtime.plugin import kctl_runtime
from kctl.runtime.simulated import Latency, Program, SimulatedRuntime, create
from kctl.runtime.types import HostUnreachable

Object = dict[str, Any]


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def pod(name: str = "web", policy: str = "Always", containers: int = 1, **spec: Any) -> Object:
    listed = [{"name": f"c{number}", "image": "img"} for number in range(containers)]
    metadata = {"name": name, "namespace": "default", "uid": f"uid-{name}"}
    return {"metadata": metadata, "spec": {"restartPolicy": policy, "containers": listed, **spec}}


def start(obj: Object, container: str = "c0", attempt: int = 0, **more: Any) -> StartContainer:
    address = more.pop("address", "10.98.16.10")
    return StartContainer("n1", obj, container, PodNetwork(address, "web"), attempt, **more)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(clock: Clock) -> SimulatedRuntime:
    return SimulatedRuntime("n1", now=clock)


def newest(runtime: SimulatedRuntime, container: str = "c0", name: str = "web") -> ContainerState:
    found = runtime.observe().pods[f"uid-{name}"].newest(container)
    assert found is not None
    return found


def test_a_started_container_runs_with_its_address(engine: SimulatedRuntime) -> None:
    outcome = engine.execute(start(pod()))
    assert outcome.ok and outcome.pod is not None
    assert [event[1] for event in outcome.events] == ["Pulling", "Pulled", "Created", "Started"]
    seen = engine.observe().pods["uid-web"]
    assert seen == outcome.pod
    assert seen.address == "10.98.16.10"
    assert [each.state for each in seen.containers] == ["running"]
    again = engine.execute(start(pod("two"), address="10.98.16.11"))
    assert [event[1] for event in again.events] == ["Pulled", "Created", "Started"]


def test_several_containers_share_a_sandbox(engine: SimulatedRuntime) -> None:
    for name in ("c0", "c1"):
        engine.execute(start(pod(containers=2), name))
    seen = engine.observe().pods["uid-web"]
    assert sorted(each.name for each in seen.containers) == [SANDBOX, "c0", "c1"]


def test_a_crash_is_restarted_with_dockers_delays(engine: SimulatedRuntime, clock: Clock) -> None:
    engine.faults.images["img"] = Program(runs=1.0, exit_code=2)
    engine.execute(start(pod()))
    clock.time += 1.05
    state = newest(engine)
    assert (state.state, state.exit_code, state.restarts) == ("restarting", 2, 0)
    clock.time += 0.1
    state = newest(engine)
    assert (state.state, state.restarts, state.exit_code) == ("running", 1, None)
    clock.time += 60
    assert newest(engine).restarts == 9  # after 0.1, 0.2, 0.4 ... s of waiting


def test_on_failure_restarts_failures_alone(engine: SimulatedRuntime, clock: Clock) -> None:
    engine.faults.programs["good", "c0"] = Program(runs=1.0)
    engine.faults.programs["bad", "c0"] = Program(runs=1.0, exit_code=1)
    engine.execute(start(pod("good", "OnFailure")))
    engine.execute(start(pod("bad", "OnFailure"), address="10.98.16.11"))
    clock.time += 5
    assert newest(engine, name="good").state == "exited"
    assert newest(engine, name="bad").restarts > 0


def test_what_is_killed_by_hand_stays_dead(engine: SimulatedRuntime, clock: Clock) -> None:
    engine.execute(start(pod()))
    engine.kill("web", "c0")
    clock.time += 100
    state = newest(engine)
    assert (state.state, state.exit_code) == ("exited", 137)


def test_a_restart_of_the_engine_brings_back_what_always_runs(
    engine: SimulatedRuntime, clock: Clock
) -> None:
    engine.execute(start(pod("stays")))
    engine.execute(start(pod("once", "Never"), address="10.98.16.11"))
    engine.execute(start(pod("killed"), address="10.98.16.12"))
    engine.kill("killed", "c0")
    clock.time += 10
    engine.restart_engine()
    states = {name: newest(engine, name=name).state for name in ("stays", "once", "killed")}
    assert states == {"stays": "running", "once": "exited", "killed": "exited"}
    assert newest(engine, name="stays").started_at == clock.time


def test_stopping_and_removing(engine: SimulatedRuntime) -> None:
    engine.execute(start(pod()))
    first = newest(engine)
    engine.execute(StopContainer("n1", "uid-web", "c0", first.id, 30))
    assert newest(engine).state == "exited"
    engine.execute(start(pod(), attempt=1, restarts=1))
    assert newest(engine).restarts == 1
    engine.execute(RemoveContainer("n1", "uid-web", "c0", first.id))
    assert [each.attempt for each in engine.observe().pods["uid-web"].containers] == [1]
    outcome = engine.execute(TerminatePod("n1", "uid-web", "default", "web", 30))
    assert outcome.ok and engine.observe().pods == {}
    assert engine.execute(TerminatePod("n1", "uid-web", "default", "web", 30)).ok


def test_a_name_and_an_address_are_given_once(engine: SimulatedRuntime) -> None:
    engine.execute(start(pod()))
    twice = engine.execute(start(pod()))
    assert (twice.ok, twice.reason) == (False, "CreateContainerError")
    thief = engine.execute(start(pod("thief")))
    assert thief.message == "Address already in use: 10.98.16.10"
    engine.execute(TerminatePod("n1", "uid-web", "default", "web", 30))
    assert engine.execute(start(pod("thief"))).ok


def test_faults_are_outcomes(engine: SimulatedRuntime) -> None:
    engine.faults.missing_images.add("img")
    assert engine.execute(start(pod())).reason == "ErrImagePull"
    engine.faults.missing_images.clear()
    engine.faults.unstartable.add(("web", "c0"))
    assert engine.execute(start(pod())).reason == "RunContainerError"
    assert newest(engine).state == "created" and newest(engine).error
    engine.faults.unreachable = "no route to host"
    assert engine.execute(start(pod("x"))).reason == "Unreachable"
    assert engine.observe().reachable is False
    with pytest.raises(HostUnreachable):
        list(engine.logs("x"))


def test_probes_succeed_unless_told_otherwise(engine: SimulatedRuntime) -> None:
    engine.execute(start(pod()))
    identifier = newest(engine).id
    probe = RunProbe("n1", "uid-web", "c0", identifier, "readiness", {}, "10.98.16.10")
    assert engine.execute(probe).ok
    engine.faults.failing_probes.add(("web", "c0", "readiness"))
    assert engine.execute(probe).message == "HTTP probe failed with statuscode: 500"
    engine.faults.failing_probes.clear()
    engine.kill("web", "c0")
    assert not engine.execute(probe).ok


def test_the_digest_changes_with_the_containers_and_only_then(
    engine: SimulatedRuntime, clock: Clock
) -> None:
    before = engine.observe()
    engine.execute(start(pod()))
    after = engine.observe()
    clock.time += 3600
    later = engine.observe()
    assert before.digest != after.digest == later.digest
    assert later.pods is after.pods
    engine.kill("web", "c0")
    assert engine.observe().digest != later.digest


def test_a_look_costs_little_however_many_pods_there_are(clock: Clock) -> None:
    runtime = SimulatedRuntime("n1", now=clock)
    for number in range(3000):
        address = f"10.98.{16 + number // 200}.{number % 200 + 10}"
        assert runtime.execute(start(pod(f"p{number}"), address=address)).ok
    runtime.observe()
    began = time.perf_counter()
    for _ in range(100):
        runtime.observe()
    assert (time.perf_counter() - began) / 100 < 0.001


def test_latency_is_spent_on_the_clock_that_was_given(clock: Clock) -> None:
    spent: list[float] = []
    runtime = SimulatedRuntime(
        "n1", now=clock, latency=Latency(start=0.3, pull=2.0, stop=10.0), sleep=spent.append
    )
    runtime.execute(start(pod()))
    runtime.execute(start(pod("two"), address="10.98.16.11"))
    runtime.execute(TerminatePod("n1", "uid-web", "default", "web", 4))
    assert spent == [2.0, 0.3, 0.3, 4]


def test_another_node_can_be_taken_over_as_it_was_seen(engine: SimulatedRuntime) -> None:
    engine.execute(PrepareNode("n1", NetworkSettings("kctl", "", "", "", "x")))
    engine.execute(start(pod()))
    seen = engine.observe(facts=True)
    preview = SimulatedRuntime("n1")
    preview.adopt(seen)
    assert preview.observe(facts=True).pods == seen.pods
    assert preview.observe().network is True
    preview.execute(TerminatePod("n1", "uid-web", "default", "web", 30))
    assert preview.observe().pods == {} and engine.observe().pods != {}


def test_events_hint_at_changes(engine: SimulatedRuntime) -> None:
    stop = threading.Event()
    heard = []

    def listen() -> None:
        for event in engine.events(stop):
            heard.append((event.uid, event.action))
            if event.action == "die":
                return

    listener = threading.Thread(target=listen)
    listener.start()
    deadline = time.monotonic() + 5
    while not engine._listeners and time.monotonic() < deadline:
        time.sleep(0.001)
    engine.execute(start(pod()))
    engine.crash("web", "c0")
    listener.join(5)
    assert heard == [("uid-web", "create"), ("uid-web", "start"), ("uid-web", "die")]


def test_logs_and_exec_answer(engine: SimulatedRuntime) -> None:
    engine.execute(start(pod()))
    identifier = newest(engine).id
    assert list(engine.logs(identifier)) == [b"c0 started, attempt 0\n"]
    assert list(engine.logs(identifier, tail=0)) == []
    [line] = engine.logs(identifier, timestamps=True)
    assert line.startswith(b"1970-01-01T00:16:40")
    out = io.BytesIO()
    stream = engine.exec(identifier, ["echo", "hi"], stdin=False, tty=False)
    assert stream.run(None, out, None) == 0
    assert out.getvalue() == b"echo hi\n"


def test_a_url_makes_one_and_other_schemes_do_not() -> None:
    made = create("simulated://n7?cpus=2&memory=1024&start=0.5", "n7", {})
    assert made is not None
    facts = made.observe(facts=True).facts
    assert facts is not None and (facts.cpus, facts.memory, facts.hostname) == (2.0, 1024, "n7")
    assert made.latency.start == 0.5
    assert create("unix:///var/run/docker.sock", "n7", {}) is None
    assert isinstance(kctl_runtime("simulated://n7", "n7", {}), SimulatedRuntime)
