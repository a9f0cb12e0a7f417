"""Events are counted within the hour and forgotten after their time."""

from __future__ import annotations

import pytest

from kctl.controllers.events import record
from kctl.controllers.types import Event
from kctl.testing.world import World
from tests.unit.controllers.objects import Object, pod, world


def _suffix() -> str:
    return "zzzzz"


def _record(made: World, *events: Event) -> None:
    changes = record(events, made.view, made.clock.now(), _suffix)
    for obj in changes.creates:
        made.create(obj, obj["metadata"]["namespace"])
    for obj, subresource in changes.updates:
        made.api.update(obj, subresource=subresource)
    made.settle()


def _pod(made: World) -> Object:
    made.create(pod("one"))
    made.settle()
    found = made.get("pods", "one")
    assert found is not None
    return found


def test_an_event_names_its_object_and_source() -> None:
    made = world(nodes=1)
    one = _pod(made)
    _record(made, Event(one, "Normal", "Pulled", "done", "spec.containers{app}", "kubelet"))
    (event,) = made.list("events")
    assert event["metadata"]["namespace"] == "default"
    assert event["metadata"]["name"].startswith("one.")
    assert event["involvedObject"] == {
        "kind": "Pod",
        "namespace": "default",
        "name": "one",
        "uid": one["metadata"]["uid"],
        "apiVersion": "v1",
        "resourceVersion": one["metadata"]["resourceVersion"],
        "fieldPath": "spec.containers{app}",
    }
    assert event["source"] == {"component": "kubelet", "host": "n0"}
    assert (event["count"], event["type"], event["reason"]) == (1, "Normal", "Pulled")


def test_alike_events_raise_the_count_within_the_hour() -> None:
    made = world(nodes=1)
    event = Event(_pod(made), "Warning", "BackOff", "again", component="kubelet")
    _record(made, event, event)
    made.clock.advance(60)
    _record(made, event)
    (stored,) = made.list("events")
    assert stored["count"] == 3
    assert stored["firstTimestamp"] == "2026-01-01T00:00:00Z"
    assert stored["lastTimestamp"] == "2026-01-01T00:01:00Z"


def test_other_words_are_another_event() -> None:
    made = world(nodes=1)
    one = _pod(made)
    _record(made, *(Event(one, "Normal", "R", f"m{number}") for number in range(3)))
    assert len(made.list("events")) == 3


@pytest.mark.parametrize("name", ["x" * 253, "system:node", ".".join(["y" * 62] * 4), "a.b-c"])
def test_every_object_can_have_events(name: str) -> None:
    made = world(nodes=1)
    one = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": name, "uid": "u"}}
    _record(made, Event(one, "Normal", "R", "m"))
    (event,) = made.list("events")
    assert event["involvedObject"]["name"] == name


def test_events_of_nodes_stand_in_the_default_namespace() -> None:
    made = world(nodes=1)
    node = made.get("nodes", "n0")
    assert node is not None
    _record(made, Event(node, "Normal", "NodeReady", "x", component="kubelet"))
    (event,) = made.list("events")
    assert event["metadata"]["namespace"] == "default"
    assert event["source"]["host"] == "n0"


def test_a_name_that_something_else_carries_is_set_apart() -> None:
    made = world(nodes=1)
    event = Event(_pod(made), "Normal", "R", "mine")
    _record(made, event)
    (stored,) = made.list("events")
    made.change("events", stored["metadata"]["name"], lambda obj: obj.update(message="foreign"))
    _record(made, event)
    names = sorted(each["metadata"]["name"] for each in made.list("events"))
    assert names[1] == f"{names[0]}zzzzz"


def test_events_are_forgotten_after_their_time() -> None:
    made = world(nodes=1, settings={"event-ttl": "3600"})
    one = _pod(made)
    _record(made, Event(one, "Normal", "R", "early"))
    made.advance(1800)
    _record(made, Event(one, "Normal", "R", "late"))
    made.advance(1790)
    assert len(made.list("events")) == 2
    made.advance(400)
    assert [each["message"] for each in made.list("events")] == ["late"]
    made.advance(1900)
    assert made.list("events") == []
    assert made.view.recall("events/sweep") is None


def test_events_that_nobody_was_asked_about_are_found_with_the_next_heartbeat() -> None:
    made = world(nodes=1)
    one = _pod(made)
    ttl = next(each for each in made.controllers if each.name == "event-ttl-controller")
    changes = record([Event(one, "Normal", "R", "m")], made.view, made.clock.now(), _suffix)
    for obj in changes.creates:
        made.create(obj)
    made._take_changes()
    made._queues[ttl.name].clear()
    made.advance(4000)
    assert made.list("events") == []
