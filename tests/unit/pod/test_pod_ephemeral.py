"""Ephemeral containers: added while the pod runs, and no part of what it is for."""

from __future__ import annotations

from typing import Any

from kctl.runtime.operations import StartContainer
from kctl.runtime.simulated import Program
from tests.unit.pod.world import World, pod_object

Object = dict[str, Any]


def started(world: World) -> list[str]:
    return [op.container for op in world.operations if isinstance(op, StartContainer)]


def with_debugger(world: World, name: str = "debug", **more: Any) -> None:
    pod = world.pod()
    listed = [*(pod["spec"].get("ephemeralContainers") or ()), {"name": name, "image": "d", **more}]
    world.put({**pod, "spec": {**pod["spec"], "ephemeralContainers": listed}})
    world.settle()


def status(world: World, name: str = "debug") -> Object:
    listed = world.status()["ephemeralContainerStatuses"]
    found: Object = next(each for each in listed if each["name"] == name)
    return found


def running(**spec: Any) -> World:
    world = World()
    world.put(pod_object(**spec))
    world.settle()
    return world


def test_it_starts_beside_the_others_and_the_pod_stays_as_it_was() -> None:
    world = running()
    with_debugger(world)
    assert started(world) == ["c", "debug"]
    assert "running" in status(world)["state"]
    assert status(world)["ready"] is False
    assert "started" not in status(world)
    assert world.condition("Ready")["status"] == "True"
    assert [each["name"] for each in world.status()["containerStatuses"]] == ["c"]
    before = world.status()
    world.sleep(30)
    assert started(world) == ["c", "debug"]
    assert world.status() == before


def test_it_is_never_started_again() -> None:
    world = running()
    world.faults.images["d"] = Program(runs=1.0, exit_code=3)
    with_debugger(world)
    world.sleep(600)
    assert started(world) == ["c", "debug"]
    assert status(world)["state"]["terminated"]["exitCode"] == 3
    assert status(world)["restartCount"] == 0
    assert world.status()["phase"] == "Running"


def test_one_that_was_removed_by_hand_stays_away() -> None:
    world = running()
    with_debugger(world)
    world.runtime.remove("web", "debug")
    world.look()
    world.settle()
    world.sleep(600)
    assert started(world) == ["c", "debug"]
    assert status(world)["state"]["terminated"]["exitCode"] == 137


def test_one_that_could_not_start_is_tried_again() -> None:
    world = running()
    world.faults.missing_images.add("d")
    with_debugger(world)
    world.sleep(5)
    assert status(world)["state"]["waiting"]["reason"] == "ImagePullBackOff"
    assert world.status()["phase"] == "Running"
    world.faults.missing_images.clear()
    world.sleep(60)
    assert "running" in status(world)["state"]


def test_it_does_not_keep_a_pod_whose_work_is_done() -> None:
    world = World()
    world.faults.images["img"] = Program(runs=10.0)
    world.put(pod_object(restartPolicy="Never"))
    world.settle()
    with_debugger(world)
    world.sleep(20)
    assert world.status()["phase"] == "Succeeded"
    assert "terminated" in status(world)["state"]


def test_it_waits_until_the_pod_is_initialized() -> None:
    world = World()
    world.faults.images["i"] = Program(runs=5.0)
    world.put(pod_object(initContainers=[{"name": "first", "image": "i"}]))
    world.settle()
    with_debugger(world)
    assert started(world) == ["first"]
    assert "waiting" in status(world)["state"]
    world.sleep(10)
    assert started(world) == ["first", "c", "debug"]


def test_deleting_the_pod_ends_it() -> None:
    world = running()
    with_debugger(world)
    world.delete()
    world.settle()
    world.sleep(60)
    assert not world.seen["n1"].pods
