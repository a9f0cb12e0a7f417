"""Binding: new pods at once, the others when something changes, and no word twice."""

from __future__ import annotations

from kctl.testing.world import World
from tests.unit.controllers.objects import condition, pod, set_spec, world


def _node_of(made: World, name: str) -> str:
    found = made.get("pods", name)
    assert found is not None
    return str(found["spec"].get("nodeName", ""))


def _sized(name: str, cpu: str, **spec: object) -> dict[str, object]:
    one = pod(name, **spec)
    one["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu}}
    return one


def test_a_pod_is_bound_with_its_condition_and_event() -> None:
    made = world(nodes=1)
    made.create(pod("one"))
    made.settle()
    assert _node_of(made, "one") == "n0"
    assert condition(made.get("pods", "one"), "PodScheduled")[0] == "True"
    assert made.messages("Scheduled") == ["Successfully assigned default/one to n0"]


def test_a_pod_that_fits_nowhere_says_why_once() -> None:
    made = world(nodes=1)
    made.create(_sized("big", "100"))
    made.settle()
    message = (
        "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, "
        "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    )
    assert condition(made.get("pods", "big"), "PodScheduled") == ("False", "Unschedulable", message)
    assert made.messages("FailedScheduling") == [message]
    made.touch_everything()
    made.settle()
    assert made.messages("FailedScheduling") == [message]


def test_a_new_node_takes_what_was_waiting() -> None:
    made = world(nodes=0)
    made.create(pod("one"))
    made.settle()
    assert made.messages("FailedScheduling") == ["no nodes available to schedule pods"]
    made.add_node("late")
    made.settle()
    assert _node_of(made, "one") == "late"


def test_a_deleted_pod_makes_room_for_one_that_waits() -> None:
    made = world(nodes=1)
    made.create(_sized("first", "64"))
    made.settle()
    made.create(_sized("second", "64"))
    made.settle()
    assert _node_of(made, "second") == ""
    made.delete("pods", "first")
    made.settle()
    assert _node_of(made, "second") == "n0"


def test_a_cordoned_node_is_passed_over_until_it_is_uncordoned() -> None:
    made = world(nodes=1)
    set_spec(made, "nodes", "n0", unschedulable=True)
    made.create(pod("one"))
    made.settle()
    assert "1 node(s) were unschedulable" in condition(made.get("pods", "one"), "PodScheduled")[2]
    set_spec(made, "nodes", "n0", unschedulable=False)
    made.settle()
    assert _node_of(made, "one") == "n0"


def test_the_important_pod_goes_first() -> None:
    made = world(nodes=0)
    made.create(_sized("a-low", "64"))
    made.create(_sized("z-high", "64", priorityClassName="system-cluster-critical"))
    made.add_node("n0", cpus=64, memory=2**36)
    made.settle()
    assert (_node_of(made, "z-high"), _node_of(made, "a-low")) == ("n0", "")


def test_gated_pods_wait_for_their_gates() -> None:
    made = world(nodes=1)
    made.create(pod("one", schedulingGates=[{"name": "example.com/wait"}]))
    made.settle()
    assert _node_of(made, "one") == ""
    assert condition(made.get("pods", "one"), "PodScheduled")[:2] == ("False", "SchedulingGated")
    set_spec(made, "pods", "one", schedulingGates=[])
    made.settle()
    assert _node_of(made, "one") == "n0"


def test_pods_of_another_scheduler_are_left_to_it() -> None:
    made = world(nodes=1)
    made.create(pod("one", schedulerName="mine"))
    made.settle()
    assert _node_of(made, "one") == ""
    assert made.events == []


def test_a_pod_that_names_its_node_is_scheduled_already() -> None:
    made = world(nodes=2)
    made.create(pod("one", nodeName="n1"))
    made.settle()
    assert _node_of(made, "one") == "n1"
    assert condition(made.get("pods", "one"), "PodScheduled")[0] == "True"
