"""Init containers and sidecars: their order, and what their failure means."""

from __future__ import annotations

from typing import Any

from kctl.runtime.operations import StartContainer, StopContainer
from kctl.runtime.simulated import Program
from tests.unit.pod.world import World, pod_object


def init(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": f"{name}-img", **more}


def sidecar(name: str, **more: Any) -> dict[str, Any]:
    return init(name, restartPolicy="Always", **more)


def started(world: World) -> list[str]:
    return [op.container for op in world.operations if isinstance(op, StartContainer)]


def test_init_containers_run_one_after_the_other_and_then_the_rest_together() -> None:
    world = World()
    for name in ("one", "two"):
        world.faults.images[f"{name}-img"] = Program(runs=2.0)
    apps = [{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]
    world.put(pod_object(initContainers=[init("one"), init("two")], containers=apps))
    world.settle()
    assert started(world) == ["one"]
    assert world.status()["phase"] == "Pending"
    initialized = world.condition("Initialized")
    assert initialized["reason"] == "ContainersNotInitialized"
    assert initialized["message"] == "containers with incomplete status: [one two]"
    assert world.container("a")["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert world.container("two")["state"] == {"waiting": {"reason": "PodInitializing"}}
    world.sleep(2.1)
    assert started(world) == ["one", "two"]
    assert world.condition("Initialized")["message"] == "containers with incomplete status: [two]"
    world.sleep(2.1)
    assert started(world) == ["one", "two", "a", "b"]
    assert world.condition("Initialized")["status"] == "True"
    assert world.status()["phase"] == "Running"
    assert world.container("one")["ready"] is True
    assert world.container("one")["state"]["terminated"]["reason"] == "Completed"


def test_an_init_container_that_fails_is_tried_again() -> None:
    world = World()
    world.faults.images["one-img"] = Program(runs=1.0, exit_code=1)
    world.put(pod_object(initContainers=[init("one")]))
    world.settle()
    world.sleep(1.1)
    assert started(world) == ["one", "one"]
    world.sleep(3)
    assert world.container("one")["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert world.status()["phase"] == "Pending"
    world.faults.images["one-img"] = Program(runs=1.0)
    world.sleep(30)
    assert world.status()["phase"] == "Running"


def test_with_never_a_failed_init_container_fails_the_pod() -> None:
    world = World()
    world.faults.images["one-img"] = Program(runs=1.0, exit_code=1)
    world.put(pod_object(initContainers=[init("one")], restartPolicy="Never"))
    world.settle()
    world.sleep(60)
    assert started(world) == ["one"]
    assert world.status()["phase"] == "Failed"


def test_a_sidecar_must_have_started_before_the_next_one_runs() -> None:
    world = World()
    world.faults.failing_probes.add(("web", "side", "startup"))
    probe = {"exec": {"command": ["x"]}, "periodSeconds": 1, "failureThreshold": 60}
    world.put(pod_object(initContainers=[sidecar("side", startupProbe=probe)]))
    world.settle()
    world.sleep(5)
    assert started(world) == ["side"]
    assert world.status()["phase"] == "Pending"
    world.faults.failing_probes.clear()
    world.sleep(2)
    assert started(world) == ["side", "c"]
    assert world.condition("Ready")["status"] == "True"
    assert world.container("side")["ready"] is True


def test_a_sidecar_is_restarted_while_the_pod_runs_and_stopped_at_its_end() -> None:
    world = World()
    world.faults.images["img"] = Program(runs=100.0)
    world.put(pod_object(initContainers=[sidecar("side")], restartPolicy="Never"))
    world.settle()
    world.sleep(10)
    world.runtime.kill("web", "side")
    world.settle()
    assert started(world) == ["side", "c", "side"]
    assert world.container("side")["restartCount"] == 1
    world.sleep(100)
    stops = [op.container for op in world.operations if isinstance(op, StopContainer)]
    assert stops == ["side"]
    assert world.status()["phase"] == "Succeeded"


def test_init_containers_do_not_run_again_for_a_restart() -> None:
    world = World()
    world.faults.images["one-img"] = Program(runs=1.0)
    world.put(pod_object(initContainers=[init("one")]))
    world.settle()
    world.sleep(2)
    world.runtime.kill("web", "c")
    world.settle()
    world.runtime.remove("web", "one")
    world.sleep(20)
    assert started(world) == ["one", "c", "c"]
    assert world.container("one")["ready"] is True


def test_after_the_sandbox_died_init_containers_run_again() -> None:
    world = World()
    world.faults.images["one-img"] = Program(runs=1.0)
    world.put(pod_object(initContainers=[init("one")]))
    world.settle()
    world.sleep(30)
    world.runtime.kill("web", "POD")
    world.settle()
    world.sleep(30)
    assert started(world) == ["one", "c", "one", "c"]
    assert world.condition("Ready")["status"] == "True"


def test_events_name_the_container_by_its_field() -> None:
    world = World()
    world.faults.images["one-img"] = Program(runs=1.0)
    world.put(pod_object(initContainers=[init("one")]))
    world.settle()
    world.sleep(2)
    paths = {each.field_path for each in world.events if each.reason == "Started"}
    assert paths == {"spec.initContainers{one}", "spec.containers{c}"}
