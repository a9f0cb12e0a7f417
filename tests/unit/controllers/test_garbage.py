"""What becomes of dependents: background, foreground, orphan."""

from __future__ import annotations

from kctl.controllers.common import controller_of
from kctl.testing.world import World
from tests.unit.controllers.objects import Object, deployment, world

SETS = "replicasets.apps"


def _config(name: str, *owners: Object, block: bool = False) -> Object:
    references = [
        {
            "apiVersion": each["apiVersion"],
            "kind": each["kind"],
            "name": each["metadata"]["name"],
            "uid": each["metadata"]["uid"],
            "blockOwnerDeletion": block,
        }
        for each in owners
    ]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "ownerReferences": references},
    }


def _chain() -> World:
    made = world()
    made.create(deployment())
    made.settle()
    return made


def test_background_deletion_takes_the_whole_chain() -> None:
    made = _chain()
    made.delete("deployments.apps", "web", propagation="Background")
    made.settle()
    assert (made.list(SETS), made.list("pods")) == ([], [])


def test_foreground_deletion_waits_for_the_dependents() -> None:
    made = _chain()
    made.silence("n0")
    made.delete("deployments.apps", "web", propagation="Foreground")
    made.settle()
    held = made.get("deployments.apps", "web")
    assert held is not None and held["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert len(made.list(SETS)) == 1
    assert {each["spec"]["nodeName"] for each in made.list("pods")} == {"n0"}
    made.answer("n0")
    made.settle()
    assert made.get("deployments.apps", "web") is None
    assert (made.list(SETS), made.list("pods")) == ([], [])


def test_orphan_deletion_leaves_the_replica_set_with_its_pods() -> None:
    made = _chain()
    made.delete("deployments.apps", "web", propagation="Orphan")
    made.settle()
    assert made.get("deployments.apps", "web") is None
    (left,) = made.list(SETS)
    assert controller_of(left) is None
    assert len(made.list("pods")) == 3
    made.create(deployment())
    made.settle()
    (adopted,) = made.list(SETS)
    assert adopted["metadata"]["uid"] == left["metadata"]["uid"]
    assert controller_of(adopted) is not None
    assert len(made.list("pods")) == 3


def test_a_dependent_goes_with_its_last_owner_only() -> None:
    made = world()
    first = made.create(_config("first"))
    second = made.create(_config("second"))
    made.create(_config("child", first, second))
    made.settle()
    made.delete("configmaps", "first")
    made.settle()
    child = made.get("configmaps", "child")
    assert child is not None
    assert [each["name"] for each in child["metadata"]["ownerReferences"]] == ["second"]
    made.delete("configmaps", "second")
    made.settle()
    assert made.get("configmaps", "child") is None


def test_an_owner_of_the_same_name_but_another_uid_is_no_owner() -> None:
    made = world()
    owner = made.create(_config("owner"))
    owner["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000"
    made.create(_config("child", owner))
    made.settle()
    assert made.get("configmaps", "child") is None
    assert made.get("configmaps", "owner") is not None


def test_a_dependent_that_does_not_block_is_not_waited_for() -> None:
    made = world()
    owner = made.create(_config("owner"))
    child = _config("child", owner, block=False)
    child["metadata"]["finalizers"] = ["example.com/hold"]
    made.create(child)
    made.settle()
    made.delete("configmaps", "owner", propagation="Foreground")
    made.settle()
    assert made.get("configmaps", "owner") is None
    left = made.get("configmaps", "child")
    assert left is not None and left["metadata"]["deletionTimestamp"]


def test_an_owner_of_a_kind_that_is_not_served_keeps_its_dependents() -> None:
    made = world()
    made.create(
        _config(
            "child", {"apiVersion": "x.io/v1", "kind": "Foo", "metadata": {"name": "f", "uid": "u"}}
        )
    )
    made.settle()
    assert made.get("configmaps", "child") is not None
