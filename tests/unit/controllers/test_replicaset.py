"""Replica sets: counts, orphans, and who counts as available."""

from __future__ import annotations

import pytest

from kctl.controllers.common import controller_of
from kctl.controllers.events import record
from kctl.testing.instant_pods import InstantPods
from kctl.testing.world import NotSettled, World
from tests.unit.controllers.objects import Object, condition, pod, replica_set, set_spec, world

SETS = "replicasets.apps"


def _status(made: World, name: str = "web") -> Object:
    found = made.get(SETS, name)
    assert found is not None
    return dict(found["status"])


def test_pods_come_from_the_template_with_a_controller() -> None:
    made = world()
    made.create(replica_set())
    made.settle()
    pods = made.list("pods")
    assert len(pods) == 3
    for each in pods:
        assert each["metadata"]["generateName"] == "web-"
        assert len(each["metadata"]["name"]) == len("web-") + 5
        assert each["metadata"]["labels"] == {"app": "web"}
        owner = controller_of(each)
        assert owner is not None and owner["blockOwnerDeletion"] is True
    names = sorted(each["metadata"]["name"] for each in pods)
    assert sorted(made.messages("SuccessfulCreate")) == [f"Created pod: {name}" for name in names]
    assert _status(made) == {
        "replicas": 3,
        "fullyLabeledReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "observedGeneration": 1,
        "terminatingReplicas": 0,
    }


def test_a_long_name_is_cut_so_that_pods_have_valid_names() -> None:
    made = world()
    name = "w" * 63
    made.create(replica_set(name, replicas=1))
    made.settle()
    (only,) = made.list("pods")
    assert len(only["metadata"]["name"]) == 63


def test_a_deleted_pod_is_replaced() -> None:
    made = world()
    made.create(replica_set())
    made.settle()
    gone = made.list("pods")[0]["metadata"]["name"]
    made.delete("pods", gone)
    made.settle()
    names = [each["metadata"]["name"] for each in made.list("pods")]
    assert len(names) == 3 and gone not in names


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_a_finished_pod_is_replaced_and_kept(phase: str) -> None:
    made = world()
    made.create(replica_set())
    made.settle()
    name = made.list("pods")[0]["metadata"]["name"]
    made.change("pods", name, lambda obj: obj["status"].update(phase=phase), subresource="status")
    made.settle()
    assert len(made.list("pods")) == 4
    assert _status(made)["replicas"] == 3


def test_scaling_down_deletes_and_says_so() -> None:
    made = world()
    made.create(replica_set())
    made.settle()
    before = {each["metadata"]["name"] for each in made.list("pods")}
    set_spec(made, SETS, "web", replicas=1)
    made.settle()
    after = {each["metadata"]["name"] for each in made.list("pods")}
    assert len(after) == 1
    assert set(made.messages("SuccessfulDelete")) == {
        f"Deleted pod: {name}" for name in before - after
    }


def test_orphans_that_match_are_adopted_instead_of_making_more() -> None:
    made = world()
    for number in range(2):
        made.create(pod(f"lone-{number}", labels={"app": "web"}))
    made.create(pod("other", labels={"app": "other"}))
    made.settle()
    made.create(replica_set())
    made.settle()
    mine = [each for each in made.list("pods") if controller_of(each)]
    assert len(mine) == 3
    assert {"lone-0", "lone-1"} <= {each["metadata"]["name"] for each in mine}


def test_an_orphan_that_appears_later_is_adopted_and_one_pod_is_too_many() -> None:
    made = world()
    made.create(replica_set())
    made.settle()
    made.create(pod("late", labels={"app": "web"}))
    made.settle()
    assert len(made.list("pods")) == 3


def test_a_pod_whose_labels_leave_the_selector_is_released_and_replaced() -> None:
    made = world()
    made.create(replica_set())
    made.settle()
    name = made.list("pods")[0]["metadata"]["name"]
    made.change("pods", name, lambda obj: obj["metadata"]["labels"].update(app="debug"))
    made.settle()
    released = made.get("pods", name)
    assert released is not None and controller_of(released) is None
    assert len(made.list("pods")) == 4
    assert _status(made)["replicas"] == 3


def test_available_after_min_ready_seconds() -> None:
    made = world()
    made.create(replica_set(minReadySeconds=30))
    made.settle()
    assert _status(made)["readyReplicas"] == 3
    assert "availableReplicas" not in _status(made)
    made.advance(29)
    assert "availableReplicas" not in _status(made)
    made.advance(1)
    assert _status(made)["availableReplicas"] == 3


def test_pods_on_their_way_out_are_counted_apart() -> None:
    made = world(nodes=1)
    made.create(replica_set(replicas=2))
    made.settle()
    made.silence("n0")
    made.delete("pods", made.list("pods")[0]["metadata"]["name"])
    made.settle()
    status = _status(made)
    assert (status["replicas"], status["terminatingReplicas"]) == (2, 1)


def test_nothing_is_made_in_a_namespace_that_ends() -> None:
    made = world(controllers=None)
    made.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ending"}})
    made.create(replica_set(), namespace="ending")
    made.settle()
    made.delete("namespaces", "ending")
    made.settle()
    assert made.list("pods", "ending") == []
    assert made.get("namespaces", "ending") is None


def test_a_pod_that_is_refused_is_told_and_tried_again() -> None:
    made = world()
    one = replica_set(replicas=1)
    one["spec"]["template"]["spec"]["serviceAccountName"] = "robot"
    made.create(one)
    refusal = 'error looking up service account default/robot: serviceaccount "robot" not found'
    with pytest.raises(NotSettled, match="robot"):
        made.settle()
    made.settle()
    assert condition(made.get(SETS, "web"), "ReplicaFailure")[:2] == ("True", "FailedCreate")
    assert condition(made.get(SETS, "web"), "ReplicaFailure")[2].endswith(refusal)
    (told,) = made.messages("FailedCreate")
    assert told.startswith("Error creating: pods") and told.endswith(refusal)
    created = [each for _, each in made.events if each.reason == "SuccessfulCreate"]
    assert record(created, made.view, made.clock.now(), str).creates == []
    made.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}})
    made.advance(31)
    assert len(made.list("pods")) == 1
    assert condition(made.get(SETS, "web"), "ReplicaFailure") == ("", "", "")


def test_the_same_world_makes_the_same_names() -> None:
    def names() -> list[str]:
        made = world(controllers=None)
        made.create(replica_set())
        made.settle()
        return [each["metadata"]["name"] for each in made.list("pods")]

    assert names() == names()


def test_pods_that_never_get_ready_do_not_count() -> None:
    made = world()
    runner = next(each for each in made.controllers if isinstance(each, InstantPods))
    runner.broken_images.add("app:1")
    made.create(replica_set())
    made.settle()
    assert "readyReplicas" not in _status(made)
    assert _status(made)["replicas"] == 3
