"""A pod leaves the load balancers before it is told to stop."""

from __future__ import annotations

import json
from dataclasses import replace

from kctl.runtime.observations import FrontState
from kctl.runtime.operations import TerminatePod
from kctl.store.types import Memo
from tests.unit.pod.world import World, pod_object


def serving(*addresses: str) -> World:
    world = World(nodes=("n1", "n2"))
    world.put(pod_object())
    world.settle()
    for node in ("n1", "n2"):
        world.memory[f"rotation/{node}"] = Memo(json.dumps(list(addresses)))
        world.runtimes[node].fronts["lb"] = FrontState("lb", True, "d", drained=True)
    return world


def terminations(world: World) -> list[TerminatePod]:
    return [op for op in world.operations if isinstance(op, TerminatePod)]


def leave(world: World, node: str, drained: bool) -> None:
    world.memory[f"rotation/{node}"] = Memo("[]")
    front = world.runtimes[node].fronts["lb"]
    world.runtimes[node].fronts["lb"] = replace(front, drained=drained)


def test_a_pod_in_rotation_waits_until_every_node_let_go() -> None:
    world = serving("10.98.16.10:80", "10.98.16.99:80")
    world.delete()
    world.sleep(1)
    assert terminations(world) == []
    leave(world, "n1", drained=True)
    world.sleep(1)
    assert terminations(world) == []
    leave(world, "n2", drained=False)
    world.sleep(1)
    assert terminations(world) == []
    leave(world, "n2", drained=True)
    world.sleep(0.3)
    [terminate] = terminations(world)
    assert 25 <= terminate.grace <= 28
    assert world.list("pods") == []


def test_nobody_waits_for_longer_than_the_drain_time() -> None:
    world = serving("10.98.16.10:80")
    world.delete()
    world.settle()
    world.sleep(9.5)
    assert terminations(world) == []
    world.sleep(1)
    assert len(terminations(world)) == 1


def test_a_pass_that_comes_late_stops_nothing_that_is_still_sent_to() -> None:
    world = serving("10.98.16.10:80")
    world.delete(grace=2)
    world.time += 5
    world.settle()
    world.sleep(5)
    assert terminations(world) == []
    leave(world, "n1", drained=True)
    leave(world, "n2", drained=True)
    world.sleep(0.3)
    assert len(terminations(world)) == 1


def test_a_short_grace_bounds_the_wait_for_old_connections() -> None:
    world = serving("10.98.16.10:80")
    world.delete(grace=2)
    world.settle()
    leave(world, "n1", drained=True)
    leave(world, "n2", drained=False)
    world.sleep(1.5)
    assert terminations(world) == []
    world.sleep(0.6)
    [terminate] = terminations(world)
    assert terminate.grace == 1


def test_a_pod_that_nobody_served_does_not_wait_for_others_to_drain() -> None:
    world = serving("10.98.16.11:80")
    front = world.runtimes["n1"].fronts["lb"]
    world.runtimes["n1"].fronts["lb"] = replace(front, drained=False)
    world.delete()
    world.settle()
    assert len(terminations(world)) == 1


def test_a_pod_whose_containers_do_not_stop_is_asked_again_with_patience() -> None:
    world = World()
    world.put(pod_object())
    world.settle()
    world.faults.stuck.add("web")
    world.delete()
    world.settle()
    assert len(terminations(world)) == 1
    world.sleep(60)
    assert 4 <= len(terminations(world)) <= 8
    world.faults.stuck.clear()
    world.sleep(60)
    assert world.list("pods") == []


def test_orphans_that_do_not_stop_are_asked_again_with_patience() -> None:
    world = World()
    world.put(pod_object())
    world.settle()
    world.faults.stuck.add("web")
    world.objects = {key: obj for key, obj in world.objects.items() if key.resource != "pods"}
    world.sleep(60)
    assert 4 <= len(terminations(world)) <= 8
    world.faults.stuck.clear()
    world.sleep(61)
    assert world.runtime.observe().pods == {}
    assert world.memory == {}


def test_a_finalizer_holds_the_object_and_reads_how_it_ended() -> None:
    world = World()
    world.put(pod_object(metadata={"finalizers": ["batch.kubernetes.io/job-tracking"]}))
    world.settle()
    world.delete()
    world.settle()
    status = world.status()
    assert status["phase"] == "Failed"
    assert world.condition("Ready")["reason"] == "PodFailed"
    assert world.runtime.observe().pods == {}
    writes = world.writes
    world.sleep(60)
    assert world.writes == writes


def test_nothing_is_asked_twice_while_an_operation_runs() -> None:
    world = World(hold=True)
    world.put(pod_object())
    world.settle()
    world.settle()
    assert len(world.operations) == 1
    world.delete()
    world.settle()
    assert len(world.operations) == 1
    world.hold = False
    world.land()
    world.settle()
    assert world.list("pods") == []
