"""Containers that end, vanish or cannot be had: started again, with back-off."""

from __future__ import annotations

from kctl.runtime.operations import RemoveContainer, StartContainer
from kctl.runtime.simulated import Program
from tests.unit.pod.world import BEGINNING, World, pod_object


def running(world: World, **spec: object) -> World:
    world.put(pod_object(**spec))
    world.settle()
    assert world.status()["phase"] == "Running"
    return world


def starts(world: World) -> list[StartContainer]:
    return [op for op in world.operations if isinstance(op, StartContainer)]


def test_a_killed_container_is_made_anew_at_once() -> None:
    world = running(World())
    world.time += 5
    world.runtime.kill("web", "c")
    world.settle()
    entry = world.container()
    assert entry["restartCount"] == 1
    assert list(entry["state"]) == ["running"]
    ended = entry["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "Error")
    assert [(op.attempt, op.restarts) for op in starts(world)] == [(0, 0), (1, 1)]
    assert world.status()["phase"] == "Running"


def test_the_address_stays_the_same_across_restarts() -> None:
    world = running(World())
    address = world.status()["podIP"]
    world.put(pod_object("other"))
    world.settle()
    world.runtime.kill("web", "c")
    world.settle()
    assert world.status()["podIP"] == address
    assert starts(world)[-1].network.address == address


def test_the_second_time_it_waits_ten_seconds_then_twenty() -> None:
    world = running(World())
    world.runtime.kill("web", "c")
    world.settle()
    world.time += 1
    world.runtime.kill("web", "c")
    world.settle()
    entry = world.container()
    assert entry["state"]["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": "back-off 10s restarting failed container=c pod=web_default(uid-web)",
    }
    assert entry["lastState"]["terminated"]["exitCode"] == 137
    assert world.said("BackOff") == [
        "Back-off restarting failed container c in pod web_default(uid-web)"
    ]
    assert world.status()["phase"] == "Running"
    world.sleep(9.9)
    assert entry["restartCount"] == 1
    world.sleep(0.2)
    assert world.container()["restartCount"] == 2
    world.runtime.kill("web", "c")
    world.settle()
    assert "back-off 20s" in world.container()["state"]["waiting"]["message"]
    world.sleep(20.1)
    assert world.container()["restartCount"] == 3
    assert len(world.said("BackOff")) == 2


def test_ten_good_minutes_forget_the_back_off() -> None:
    world = running(World())
    world.runtime.kill("web", "c")
    world.settle()
    world.sleep(601, most=100)
    world.runtime.kill("web", "c")
    world.settle()
    assert world.container()["restartCount"] == 2
    assert list(world.container()["state"]) == ["running"]


def test_a_crash_loop_that_the_engine_handles_shows_as_back_off() -> None:
    world = World()
    world.faults.images["img"] = Program(runs=1.0, exit_code=3)
    world.put(pod_object())
    world.settle()
    world.sleep(1.01)
    entry = world.container()
    assert entry["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert entry["state"]["waiting"]["message"].startswith("back-off 10s restarting failed")
    assert entry["lastState"]["terminated"]["exitCode"] == 3
    assert entry["ready"] is False
    world.sleep(0.5)
    entry = world.container()
    assert list(entry["state"]) == ["running"]
    assert entry["restartCount"] == 1
    assert entry["lastState"]["terminated"]["exitCode"] == 3
    assert len(starts(world)) == 1


def test_an_exit_that_nobody_saw_is_said_to_be_unknown() -> None:
    world = World()
    world.faults.images["img"] = Program(runs=1.0, exit_code=3)
    world.put(pod_object())
    world.settle()
    world.time += 1.5
    world.settle()
    entry = world.container()
    assert entry["restartCount"] == 1
    assert entry["lastState"]["terminated"]["reason"] == "ContainerStatusUnknown"


def test_a_container_removed_by_hand_comes_back() -> None:
    world = running(World())
    world.runtime.remove("web", "c")
    world.settle()
    entry = world.container()
    assert entry["restartCount"] == 1
    assert list(entry["state"]) == ["running"]
    assert entry["lastState"]["terminated"]["reason"] == "ContainerStatusUnknown"


def test_out_of_memory_has_its_reason() -> None:
    world = running(World())
    world.runtime.crash("web", "c", oom=True)
    world.settle()
    assert world.container()["lastState"]["terminated"]["reason"] == "OOMKilled"


def test_the_last_dead_container_is_kept_for_its_logs_and_older_ones_go() -> None:
    world = running(World())
    for _ in range(3):
        world.runtime.kill("web", "c")
        world.settle()
        world.sleep(700, most=100)
    containers = world.runtime.observe().pods["uid-web"].containers
    assert [(each.attempt, each.state) for each in containers] == [(3, "running"), (2, "exited")]
    assert [type(op) for op in world.operations].count(RemoveContainer) == 2


def test_a_completed_container_stays_so_with_on_failure() -> None:
    world = World()
    world.faults.images["img"] = Program(runs=2.0)
    world.put(pod_object(restartPolicy="OnFailure"))
    world.settle()
    world.sleep(3)
    assert world.status()["phase"] == "Succeeded"
    assert world.container()["state"]["terminated"]["reason"] == "Completed"
    assert world.condition("Ready")["reason"] == "PodCompleted"
    assert world.condition("Initialized")["reason"] == "PodCompleted"
    world.runtime.remove("web", "c")
    world.sleep(60)
    assert world.status()["phase"] == "Succeeded"
    assert len(starts(world)) == 1


def test_a_pod_that_never_restarts_fails() -> None:
    world = World()
    world.faults.images["img"] = Program(runs=2.0, exit_code=1)
    world.put(pod_object(restartPolicy="Never"))
    world.settle()
    world.sleep(3)
    assert world.status()["phase"] == "Failed"
    assert world.condition("Ready")["reason"] == "PodFailed"
    assert len(starts(world)) == 1


def test_with_never_a_container_removed_by_hand_is_not_run_twice() -> None:
    world = running(World(), restartPolicy="Never")
    world.runtime.remove("web", "c")
    world.settle()
    assert world.status()["phase"] == "Failed"
    assert world.container()["state"]["terminated"]["reason"] == "ContainerStatusUnknown"
    assert len(starts(world)) == 1


def test_an_image_that_is_missing_is_tried_again_with_back_off() -> None:
    world = World()
    world.faults.missing_images.add("img")
    world.put(pod_object())
    world.settle()
    assert world.container()["state"]["waiting"]["reason"] == "ErrImagePull"
    assert world.status()["phase"] == "Pending"
    assert world.said("Failed") == [
        'Failed to pull image "img": img: not found',
        "Error: ErrImagePull",
    ]
    world.sleep(3)
    waiting = world.container()["state"]["waiting"]
    assert waiting["reason"] == "ImagePullBackOff"
    assert waiting["message"] == 'Back-off pulling image "img": ErrImagePull: img: not found'
    assert world.said("BackOff") == ['Back-off pulling image "img"']
    assert len(starts(world)) == 1
    world.sleep(8)
    assert len(starts(world)) == 2
    world.sleep(21)
    assert len(starts(world)) == 3
    world.faults.missing_images.clear()
    world.sleep(41)
    assert world.status()["phase"] == "Running"
    assert world.container()["restartCount"] == 0
    assert world.memory == {}


def test_a_command_that_cannot_run_shows_as_such_and_then_as_back_off() -> None:
    world = World()
    world.faults.unstartable.add(("web", "c"))
    world.put(pod_object())
    world.settle()
    entry = world.container()
    assert entry["state"]["waiting"]["reason"] == "RunContainerError"
    assert entry["lastState"]["terminated"]["reason"] == "ContainerCannotRun"
    world.sleep(3)
    assert world.container()["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    world.sleep(8)
    assert world.container()["restartCount"] == 1
    world.faults.unstartable.clear()
    world.sleep(60)
    assert world.status()["phase"] == "Running"
    assert list(world.container()["state"]) == ["running"]


def test_after_a_restart_of_the_engine_everything_runs_again() -> None:
    world = running(
        World(), containers=[{"name": "a", "image": "img"}, {"name": "b", "image": "i"}]
    )
    world.time += 30
    world.runtime.restart_engine()
    world.settle()
    world.sleep(30)
    assert world.condition("Ready")["status"] == "True"
    states = {(c.name, c.state) for c in world.runtime.observe().pods["uid-web"].containers}
    assert {("a", "running"), ("b", "running"), ("POD", "running")} <= states


def test_when_the_sandbox_dies_every_container_is_made_anew() -> None:
    world = running(
        World(), containers=[{"name": "a", "image": "img"}, {"name": "b", "image": "img"}]
    )
    world.time += 30
    world.runtime.kill("web", "POD")
    world.settle()
    assert world.said("SandboxChanged")
    assert [world.container(name)["restartCount"] for name in ("a", "b")] == [1, 1]
    assert world.condition("Ready")["status"] == "True"
    pod = world.runtime.observe().pods["uid-web"]
    assert pod.sandbox is not None and pod.sandbox.state == "running"
    assert all(pod.newest(name).started_at >= pod.sandbox.started_at for name in "ab")  # type: ignore[union-attr]


def test_the_back_off_survives_the_process() -> None:
    world = running(World())
    world.runtime.kill("web", "c")
    world.settle()
    assert list(world.memory) == ["pod/uid-web"]
    assert str(BEGINNING)[:5] in world.memory["pod/uid-web"].value
    heir = World()
    heir.objects, heir.memory, heir.time = world.objects, world.memory, world.time + 1
    heir.runtimes = world.runtimes
    heir.runtime.now = lambda: heir.time
    heir.runtime.kill("web", "c")
    heir.settle()
    assert heir.container()["state"]["waiting"]["reason"] == "CrashLoopBackOff"


def test_a_pod_past_its_deadline_fails_and_stops() -> None:
    world = running(World(), activeDeadlineSeconds=60)
    world.sleep(61)
    assert world.status()["phase"] == "Failed"
    assert world.status()["reason"] == "DeadlineExceeded"
    assert world.runtime.observe().pods["uid-web"].containers[0].state == "exited"
    assert world.said("DeadlineExceeded") == [
        "Pod was active on the node longer than the specified deadline"
    ]


def test_a_restart_that_the_engine_does_not_count_is_counted() -> None:
    world = running(World())
    world.time += 30
    world.runtime.restart_engine()
    world.settle()
    assert world.container()["restartCount"] == 1
    assert list(world.container()["state"]) == ["running"]
    assert world.container()["lastState"]["terminated"]["reason"] == "ContainerStatusUnknown"
    assert len(starts(world)) == 1


def test_a_container_may_have_a_policy_of_its_own() -> None:
    world = World()
    world.faults.images["img"] = Program(runs=1.0, exit_code=1)
    containers = [
        {"name": "c", "image": "img", "restartPolicy": "Never"},
        {"name": "d", "image": "other"},
    ]
    world.put(pod_object(containers=containers))
    world.settle()
    world.sleep(60)
    assert world.status()["phase"] == "Running"
    assert world.container("c")["state"]["terminated"]["exitCode"] == 1
    assert [op.container for op in starts(world)] == ["c", "d"]


def test_nothing_starts_before_the_pod_network_stands() -> None:
    world = World()
    world.runtime.network = False
    world.put(pod_object())
    world.settle()
    assert world.container()["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert world.operations == []
    world.runtime.network = True
    world.settle()
    assert world.status()["phase"] == "Running"


def test_a_removed_container_is_not_taken_for_the_dead_one_before_it() -> None:
    world = running(World())
    world.runtime.kill("web", "c")
    world.settle()
    world.sleep(700, most=100)
    world.runtime.remove("web", "c")
    world.settle()
    entry = world.container()
    assert entry["restartCount"] == 2
    assert list(entry["state"]) == ["running"]
    assert entry["lastState"]["terminated"]["reason"] == "ContainerStatusUnknown"
    assert [op.attempt for op in starts(world)] == [0, 1, 1]


def with_image(world: World, image: str) -> None:
    spec = world.pod()["spec"]
    containers = [{**spec["containers"][0], "image": image}]
    world.put({**world.pod(), "spec": {**spec, "containers": containers}})
    world.settle()


def test_another_image_is_another_container_at_once() -> None:
    world = running(World())
    with_image(world, "img:2")
    assert world.said("Killing") == ["Container c definition changed, will be restarted"]
    assert world.container()["image"] == "img:2"
    assert world.container()["restartCount"] == 1
    with_image(world, "img:3")
    assert world.container()["image"] == "img:3"
    assert list(world.container()["state"]) == ["running"]


def test_another_image_ends_the_back_off_of_the_one_that_was_missing() -> None:
    world = World()
    world.faults.missing_images.add("img")
    world.put(pod_object())
    world.settle()
    world.sleep(5)
    assert world.container()["state"]["waiting"]["reason"] == "ImagePullBackOff"
    with_image(world, "img:2")
    assert world.status()["phase"] == "Running"
    assert world.memory == {}
