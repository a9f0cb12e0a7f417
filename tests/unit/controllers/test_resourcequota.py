"""The status of a resource quota follows what its namespace uses."""

from __future__ import annotations

from kctl.testing.world import World
from tests.unit.controllers.objects import Object, pod, replica_set, set_spec, world


def _used(made: World) -> Object:
    found = made.get("resourcequotas", "q")
    assert found is not None
    return dict(found["status"]["used"])


def _quota(made: World, **hard: str) -> None:
    spec = {"hard": {name.replace("_", "/"): amount for name, amount in hard.items()}}
    made.create(
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec}
    )
    made.settle()


def test_what_comes_and_goes_is_counted() -> None:
    made = world()
    made.create(pod("early"))
    _quota(made, pods="3", count_configmaps="9")
    assert _used(made) == {"pods": "1", "count/configmaps": "0"}
    made.create(pod("late"))
    body: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    made.create(body)
    made.settle()
    assert _used(made) == {"pods": "2", "count/configmaps": "1"}
    made.delete("pods", "early", grace=0)
    made.settle()
    assert _used(made)["pods"] == "1"


def test_what_is_allowed_follows_the_spec() -> None:
    made = world()
    _quota(made, pods="3")
    set_spec(made, "resourcequotas", "q", hard={"pods": "5", "secrets": "1"})
    made.settle()
    found = made.get("resourcequotas", "q")
    assert found is not None
    assert found["status"] == {
        "hard": {"pods": "5", "secrets": "1"},
        "used": {"pods": "0", "secrets": "0"},
    }


def test_a_replica_set_stops_at_the_quota_and_goes_on_when_there_is_room() -> None:
    made = world()
    _quota(made, pods="2")
    made.create(replica_set(replicas=4))
    try:
        made.settle()
    except AssertionError as error:
        assert "exceeded quota: q" in str(error)  # the world tells of refusals so
    made.problems.clear()
    made.settle()
    assert len(made.list("pods")) == 2 and _used(made) == {"pods": "2"}
    set_spec(made, "resourcequotas", "q", hard={"pods": "9"})
    made.advance(60)
    assert len(made.list("pods")) == 4
