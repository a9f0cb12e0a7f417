"""What registration adds to a node, and how a node leaves, as pure functions of a world."""

from __future__ import annotations

import dataclasses
import json

from kctl.runtime.observations import NodeFacts, NodeObservation
from kctl.runtime.operations import CleanNode
from kctl.store.types import Memo
from kctl.testing.world import World
from tests.unit.controllers.objects import Object, condition

FACTS = NodeFacts(
    hostname="vm",
    addresses=(("InternalIP", "192.0.2.11"),),
    cpus=2,
    memory=2**33,
    storage=2**36,
    info={"operatingSystem": "linux", "architecture": "arm64"},
)
URL = "unix:///run/docker.sock"


def joined(*names: str) -> World:
    """Nodes with a host each, not looked at yet."""
    made = World()
    for name in names:
        annotations = {"kctl.io/host": f"{URL}?{name}"}
        meta = {"name": name, "annotations": annotations}
        made.create({"apiVersion": "v1", "kind": "Node", "metadata": meta})
    made.settle()
    return made


def node(made: World, name: str) -> Object:
    found = made.get("nodes", name)
    assert found is not None
    return found


def seen(made: World, name: str, **more: object) -> None:
    uid = node(made, name)["metadata"]["uid"]
    look = NodeObservation(
        name, True, at=made.clock.time(), facts=FACTS, network=True, owner=uid, host=f"{URL}?{name}"
    )
    made.observe(dataclasses.replace(look, **more))  # type: ignore[arg-type]
    made.settle()


def test_nodes_that_come_together_have_ranges_of_their_own() -> None:
    made = joined("a", "b", "c")
    ranges = [node(made, name)["spec"]["podCIDR"] for name in "abc"]
    assert ranges == ["10.98.16.0/24", "10.98.17.0/24", "10.98.18.0/24"]
    assert all(node(made, name)["metadata"]["finalizers"] == ["kctl.io/host"] for name in "abc")
    assert len(made.messages("RegisteredNode")) == 3


def test_a_pod_network_that_is_full_is_said() -> None:
    made = World(settings={"cluster-cidr": "10.98.0.0/18"})
    for number in range(50):
        meta = {"name": f"n{number}", "annotations": {"kctl.io/host": f"{URL}?{number}"}}
        made.create({"apiVersion": "v1", "kind": "Node", "metadata": meta})
    made.settle()
    ranged = [each for each in made.list("nodes") if each["spec"].get("podCIDR")]
    assert len(ranged) == 48
    assert made.messages("CIDRNotAvailable")


def test_labels_follow_the_host_and_those_of_the_owner_stay() -> None:
    made = joined("a")

    def label(obj: Object) -> None:
        obj["metadata"]["labels"] = {"disk": "ssd", "kubernetes.io/arch": "wrong"}

    made.change("nodes", "a", label)
    seen(made, "a")
    assert node(made, "a")["metadata"]["labels"] == {
        "beta.kubernetes.io/arch": "arm64",
        "beta.kubernetes.io/os": "linux",
        "disk": "ssd",
        "kubernetes.io/arch": "arm64",
        "kubernetes.io/hostname": "a",
        "kubernetes.io/os": "linux",
    }


def test_a_node_is_not_ready_before_its_pod_network_stands() -> None:
    made = joined("a")
    seen(made, "a", network=False)
    assert not (node(made, "a").get("status") or {}).get("conditions")
    seen(made, "a")
    assert condition(node(made, "a"), "Ready")[0] == "True"


def test_a_refusal_is_told_once_and_is_over_when_the_host_may_be_used() -> None:
    made = joined("a")
    for _ in range(2):
        seen(made, "a", reachable=False, refused="HostInUse", error="it is that of b")
    assert made.messages("HostInUse") == ["it is that of b"]
    assert condition(node(made, "a"), "Ready")[:2] == ("False", "HostInUse")
    made.advance(100)
    assert condition(node(made, "a"), "Ready")[:2] == ("False", "HostInUse")
    seen(made, "a")
    assert condition(node(made, "a"), "Ready")[:2] == ("True", "KubeletReady")


def test_where_a_node_was_in_use_is_remembered_by_the_way_it_was_looked_at() -> None:
    made = joined("a")
    seen(made, "a")
    uid = node(made, "a")["metadata"]["uid"]
    assert made.view.memos["host/a"] == Memo(json.dumps([uid, f"{URL}?a"]))

    def edit(obj: Object) -> None:
        obj["metadata"]["annotations"]["kctl.io/host"] = "unix:///other.sock"

    made.change("nodes", "a", edit)
    made.settle()
    assert made.view.memos["host/a"] == Memo(json.dumps([uid, f"{URL}?a"]))


def test_a_host_that_answers_is_cleaned_and_the_node_waits_for_it() -> None:
    made = joined("a")
    seen(made, "a")
    made.delete("nodes", "a")
    made.settle()
    assert node(made, "a")["spec"]["unschedulable"]
    assert [each for each in made.operations if isinstance(each, CleanNode)] == [CleanNode("a")]
    made.settle()
    assert made.get("nodes", "a") is not None


def test_a_host_that_does_not_answer_is_waited_for_twenty_seconds() -> None:
    made = joined("a")
    seen(made, "a")
    made.silence("a")
    made.delete("nodes", "a")
    made.advance(19)
    assert made.get("nodes", "a") is not None
    made.advance(2)
    assert made.get("nodes", "a") is None
    (message,) = made.messages("HostNotCleaned")
    assert "timed out" in message and "label=io.kctl.cluster=world" in message
    assert "left/" + f"{URL}?a" in made.view.memos
    assert "host/a" not in made.view.memos


def test_a_node_that_was_never_in_use_leaves_at_once() -> None:
    made = joined("a")
    made.observe(NodeObservation("a", False, "no route to host"))
    made.delete("nodes", "a")
    made.settle()
    assert made.get("nodes", "a") is None
    assert not made.messages("HostNotCleaned") and not made.operations


def test_a_node_without_a_host_goes_as_it_always_did() -> None:
    made = World()
    made.add_node("virtual")
    made.settle()
    assert "finalizers" not in node(made, "virtual")["metadata"]
    made.delete("nodes", "virtual")
    assert made.get("nodes", "virtual") is None
