"""From a bound pod to a ready one, and to its end."""

from __future__ import annotations

from kctl.runtime.operations import StartContainer, TerminatePod
from kctl.store.types import Key
from tests.unit.pod.world import World, pod_object


def test_a_bound_pod_is_started_and_becomes_ready() -> None:
    world = World()
    world.put(pod_object())
    world.settle()
    status = world.status()
    assert status["phase"] == "Running"
    assert status["podIP"] == "10.98.16.10"
    assert status["podIPs"] == [{"ip": "10.98.16.10"}]
    assert status["hostIP"] == "192.0.2.1"
    assert status["qosClass"] == "BestEffort"
    assert status["observedGeneration"] == 1
    assert [each["type"] for each in status["conditions"]] == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
    ]
    assert all(each["status"] == "True" for each in status["conditions"])
    entry = world.container()
    assert entry["ready"] is True and entry["started"] is True
    assert entry["restartCount"] == 0
    assert entry["containerID"].startswith("docker://")
    assert entry["imageID"].startswith("sha256:")
    assert list(entry["state"]) == ["running"]
    assert world.said("Started") == ["Container started"]
    assert len([op for op in world.operations if isinstance(op, StartContainer)]) == 1


def test_before_it_runs_the_pod_waits_for_its_container() -> None:
    world = World(hold=True)
    world.put(pod_object())
    world.settle()
    assert world.status()["phase"] == "Pending"
    assert world.container()["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert world.condition("Ready")["message"] == "containers with unready status: [c]"
    assert world.condition("Ready")["reason"] == "ContainersNotReady"
    assert len(world.operations) == 1
    world.land()
    world.settle()
    assert world.status()["phase"] == "Running"


def test_a_settled_pod_needs_no_memory_no_timer_and_no_write() -> None:
    world = World()
    world.put(pod_object())
    world.settle()
    writes, operations = world.writes, len(world.operations)
    world.sleep(3600, most=600)
    assert (world.writes, len(world.operations)) == (writes, operations)
    assert world.memory == {} and world.timers == {}


def test_each_pod_of_a_node_gets_its_own_address() -> None:
    world = World()
    for number in range(5):
        world.put(pod_object(f"web-{number}"))
    world.settle()
    addresses = {world.status(f"web-{number}")["podIP"] for number in range(5)}
    assert addresses == {f"10.98.16.{10 + number}" for number in range(5)}


def test_a_pod_in_the_hosts_network_has_the_nodes_address() -> None:
    world = World()
    world.put(pod_object(hostNetwork=True))
    world.settle()
    assert world.status()["podIP"] == "192.0.2.1"


def test_a_deleted_pod_is_stopped_with_its_grace_and_then_removed() -> None:
    world = World()
    world.put(pod_object())
    world.settle()
    world.delete(grace=20)
    world.settle()
    assert world.list("pods") == []
    [terminate] = [op for op in world.operations if isinstance(op, TerminatePod)]
    assert terminate.grace == 20
    assert world.said("Killing") == ["Stopping container c"]
    assert world.runtime.observe().pods == {}
    assert world.memory == {}


def test_an_unbound_pod_goes_at_once() -> None:
    world = World()
    pod = pod_object()
    del pod["spec"]["nodeName"]
    world.put(pod)
    world.delete()
    world.settle()
    assert world.list("pods") == [] and world.operations == []


def test_a_node_that_does_not_answer_gets_nothing_and_its_pods_stay_as_they_are() -> None:
    world = World()
    world.put(pod_object())
    world.settle()
    before = world.status()
    world.faults.unreachable = "no route to host"
    world.put(pod_object("late"))
    world.delete()
    operations = len(world.operations)
    world.sleep(60)
    assert len(world.operations) == operations
    assert world.status() == before
    world.faults.unreachable = ""
    world.settle()
    assert [each["metadata"]["name"] for each in world.list("pods")] == ["late"]
    assert world.status("late")["phase"] == "Running"


def test_containers_without_a_pod_are_stopped() -> None:
    world = World()
    world.put(pod_object())
    world.settle()
    world.objects = {key: obj for key, obj in world.objects.items() if key.resource != "pods"}
    world.settle()
    assert world.runtime.observe().pods == {}
    assert world.memory == {}


def test_a_container_bound_elsewhere_is_stopped_where_it_ran() -> None:
    world = World(nodes=("n1", "n2"))
    world.put(pod_object())
    world.settle()
    moved = {**world.pod(), "spec": {**world.pod()["spec"], "nodeName": "n2"}}
    world.put(moved)
    world.settle()
    assert world.runtimes["n1"].observe().pods == {}
    assert list(world.runtimes["n2"].observe().pods) == ["uid-web"]


def test_a_look_that_sees_a_container_before_its_start_has_ended_loses_no_event() -> None:
    world = World(hold=True)
    world.put(pod_object())
    world.settle()
    (start,) = world.held
    late = world.runtime.execute(start)  # it runs, but how that went is not told yet
    world.settle()
    assert world.status()["phase"] == "Running"
    assert world.said("Started") == []
    world.held, world.hold = [], False
    world.flying.clear()
    uid = world.pod()["metadata"]["uid"]
    world.outcomes[uid, "c"] = late
    world.queue[Key("pods", "default", "web")] = None
    world.compute()
    assert world.said("Started") == ["Container started"]
    world.settle()
    world.sleep(60)
    assert world.said("Started") == ["Container started"]
    assert world.memory == {}
