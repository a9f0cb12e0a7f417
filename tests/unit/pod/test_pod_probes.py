"""Probes: gating, thresholds, and what a failure does."""

from __future__ import annotations

import copy
from typing import Any

from kctl.runtime.operations import RunProbe, StopContainer
from tests.unit.pod.world import World, pod_object


def probed(**probes: Any) -> World:
    world = World()
    ports = [{"name": "http", "containerPort": 8080}]
    container = {"name": "c", "image": "img", "ports": ports, **probes}
    world.put(pod_object(containers=[container]))
    world.settle()
    return world


def http(**more: Any) -> dict[str, Any]:
    return {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 10, **more}


def asked(world: World, probe: str) -> list[RunProbe]:
    return [op for op in world.operations if isinstance(op, RunProbe) and op.probe == probe]


def test_a_container_is_ready_once_its_readiness_probe_succeeded() -> None:
    world = probed(readinessProbe=http(initialDelaySeconds=5))
    entry = world.container()
    assert (entry["started"], entry["ready"]) == (True, False)
    assert world.condition("Ready")["message"] == "containers with unready status: [c]"
    world.sleep(5.1)
    assert world.container()["ready"] is True
    [probe] = asked(world, "readiness")
    assert probe.spec["httpGet"]["port"] == 8080
    assert probe.address == world.status()["podIP"]


def test_a_probe_runs_once_a_period() -> None:
    world = probed(readinessProbe=http())
    world.sleep(100, most=1)
    assert 10 <= len(asked(world, "readiness")) <= 11


def test_a_probe_that_goes_on_succeeding_changes_no_object() -> None:
    world = probed(readinessProbe=http(), livenessProbe=http())
    world.sleep(15)
    writes = world.writes
    world.sleep(100)
    assert world.writes == writes


def test_readiness_fails_after_its_threshold_and_comes_back() -> None:
    world = probed(readinessProbe=http(failureThreshold=3))
    world.faults.failing_probes.add(("web", "c", "readiness"))
    world.sleep(25)
    assert world.container()["ready"] is True
    world.sleep(10)
    assert world.container()["ready"] is False
    assert world.condition("ContainersReady")["status"] == "False"
    messages = world.said("Unhealthy")
    assert messages == ["Readiness probe failed: HTTP probe failed with statuscode: 500"] * 3
    assert world.container()["restartCount"] == 0
    world.faults.failing_probes.clear()
    world.sleep(10)
    assert world.container()["ready"] is True


def test_failed_liveness_makes_the_container_anew() -> None:
    world = probed(livenessProbe=http(failureThreshold=2))
    world.sleep(5)
    world.faults.failing_probes.add(("web", "c", "liveness"))
    world.sleep(16)
    [stop] = [op for op in world.operations if isinstance(op, StopContainer)]
    assert stop.grace == 30
    assert world.said("Killing") == ["Container c failed liveness probe, will be restarted"]
    entry = world.container()
    assert entry["restartCount"] == 1
    assert list(entry["state"]) == ["running"]
    world.faults.failing_probes.clear()
    world.sleep(60)
    assert world.container()["restartCount"] == 1


def test_a_liveness_probe_that_always_fails_backs_off() -> None:
    world = probed(livenessProbe=http(failureThreshold=1, periodSeconds=1))
    world.faults.failing_probes.add(("web", "c", "liveness"))
    world.sleep(5)
    assert world.container()["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    world.sleep(120)
    assert 3 <= world.container()["restartCount"] <= 5


def test_a_startup_probe_holds_the_others_back() -> None:
    world = World()
    world.faults.failing_probes.add(("web", "c", "startup"))
    container = {
        "name": "c",
        "image": "img",
        "startupProbe": {"exec": {"command": ["x"]}, "periodSeconds": 1, "failureThreshold": 30},
        "livenessProbe": {"exec": {"command": ["y"]}, "periodSeconds": 1},
        "readinessProbe": {"exec": {"command": ["z"]}, "periodSeconds": 1},
    }
    world.put(pod_object(containers=[container]))
    world.sleep(10)
    assert not asked(world, "liveness") and not asked(world, "readiness")
    assert world.container()["started"] is False
    world.faults.failing_probes.clear()
    world.sleep(3)
    assert world.container()["started"] is True
    assert world.container()["ready"] is True
    done = len(asked(world, "startup"))
    world.sleep(5)
    assert len(asked(world, "startup")) == done
    assert len(asked(world, "liveness")) >= 5


def test_a_startup_probe_that_never_succeeds_kills_the_container_with_its_own_grace() -> None:
    world = World()
    world.faults.failing_probes.add(("web", "c", "startup"))
    probe = {
        "tcpSocket": {"port": 80},
        "periodSeconds": 2,
        "failureThreshold": 3,
        "terminationGracePeriodSeconds": 7,
    }
    world.put(pod_object(containers=[{"name": "c", "image": "img", "startupProbe": probe}]))
    world.settle()
    world.sleep(5)
    [stop] = [op for op in world.operations if isinstance(op, StopContainer)]
    assert stop.grace == 7
    assert world.said("Killing") == ["Container c failed startup probe, will be restarted"]


def test_a_restarted_container_proves_itself_anew() -> None:
    world = probed(readinessProbe=http(initialDelaySeconds=5))
    world.sleep(6)
    assert world.container()["ready"] is True
    world.runtime.kill("web", "c")
    world.settle()
    assert world.container()["ready"] is False
    world.sleep(6)
    assert world.container()["ready"] is True


def test_a_readiness_gate_counts_beside_the_containers() -> None:
    world = World()
    world.put(pod_object(readinessGates=[{"conditionType": "example.com/lb"}]))
    world.settle()
    assert world.condition("ContainersReady")["status"] == "True"
    ready = world.condition("Ready")
    assert (ready["status"], ready["reason"]) == ("False", "ReadinessGatesNotReady")
    pod = copy.deepcopy(world.pod())
    pod["status"]["conditions"].append({"type": "example.com/lb", "status": "True"})
    world.put(pod)
    world.settle()
    assert world.condition("Ready")["status"] == "True"
    assert world.condition("example.com/lb") == {"type": "example.com/lb", "status": "True"}


def test_a_port_that_no_container_names_fails_the_probe() -> None:
    world = probed(readinessProbe={"httpGet": {"path": "/", "port": "nope"}, "periodSeconds": 1})
    world.sleep(3)
    assert world.container()["ready"] is False
    assert asked(world, "readiness") == []
    assert set(world.said("Unhealthy")) == {"Readiness probe failed: couldn't find port: nope"}
