"""A node's status, and what becomes of a host that falls silent."""

from __future__ import annotations

import dataclasses

from kctl.testing.world import World
from tests.unit.controllers.objects import Object, condition, deployment, pod, set_spec, world

TOLERATIONS = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute"}
    | {"tolerationSeconds": 30}
    for key in ("not-ready", "unreachable")
]


def _node(made: World, name: str = "n0") -> Object:
    found = made.get("nodes", name)
    assert found is not None
    return found


def _taints(made: World, name: str = "n0") -> list[tuple[str, str]]:
    taints = _node(made, name)["spec"].get("taints") or ()
    return [(each["key"].rpartition("/")[2], each["effect"]) for each in taints]


def test_a_node_that_answers_is_ready_with_its_resources() -> None:
    made = World()
    made.add_node("n0", cpus=1.5, memory=4 * 2**30)
    made.settle()
    node = _node(made)
    assert node["status"]["capacity"] == {
        "cpu": "1500m",
        "ephemeral-storage": "100Gi",
        "memory": "4Gi",
        "pods": "110",
    }
    assert node["status"]["allocatable"] == {
        "cpu": "1500m",
        "ephemeral-storage": "96636764160",
        "memory": "3996Mi",
        "pods": "110",
    }
    assert [(each["type"], each["status"]) for each in node["status"]["conditions"]] == [
        ("MemoryPressure", "False"),
        ("DiskPressure", "False"),
        ("PIDPressure", "False"),
        ("Ready", "True"),
    ]
    assert condition(node, "Ready")[1] == "KubeletReady"
    assert {"type": "Hostname", "address": "n0"} in node["status"]["addresses"]
    assert made.messages("NodeReady") == ["Node n0 status is now: NodeReady"]
    assert _taints(made) == []


def test_a_node_carries_the_first_address_of_its_host_unless_the_owner_chose_another() -> None:
    made = world(nodes=1)
    assert "kctl.io/address" not in (_node(made)["metadata"].get("annotations") or {})
    seen = made.view.nodes["n0"]
    assert seen.facts is not None
    facts = dataclasses.replace(seen.facts, networks=("192.0.2.11/24", "198.51.100.3/28"))
    made.observe(dataclasses.replace(seen, facts=facts))
    made.settle()
    assert _node(made)["metadata"]["annotations"]["kctl.io/address"] == "192.0.2.11/24"

    def choose(node: Object) -> None:
        node["metadata"]["annotations"]["kctl.io/address"] = "198.51.100.3/28"

    made.change("nodes", "n0", choose)
    made.settle()
    assert _node(made)["metadata"]["annotations"]["kctl.io/address"] == "198.51.100.3/28"
    moved = dataclasses.replace(facts, networks=("203.0.113.9/24",))
    made.observe(dataclasses.replace(seen, facts=moved))
    made.settle()
    assert _node(made)["metadata"]["annotations"]["kctl.io/address"] == "203.0.113.9/24"
    told_less = dataclasses.replace(facts, networks=("203.0.113.9/32",))
    made.observe(dataclasses.replace(seen, facts=told_less))
    made.settle()
    assert _node(made)["metadata"]["annotations"]["kctl.io/address"] == "203.0.113.9/24"


def test_the_heartbeat_is_written_every_five_minutes_only() -> None:
    made = world(nodes=1)
    before = made.revision
    made.advance(299)
    assert made.revision == before
    made.advance(2)
    assert made.revision == before + 1
    (beat,) = {each["lastHeartbeatTime"] for each in _node(made)["status"]["conditions"]}
    assert beat == "2026-01-01T00:05:00Z"
    transitions = {each["lastTransitionTime"] for each in _node(made)["status"]["conditions"]}
    assert transitions == {"2026-01-01T00:00:00Z"}


def test_a_condition_that_another_set_long_ago_is_no_reason_to_look_again_at_once() -> None:
    made = world(nodes=1)
    node = _node(made)
    other = {
        "type": "NetworkUnavailable",
        "status": "False",
        "reason": "Fine",
        "message": "",
        "lastHeartbeatTime": "2020-01-01T00:00:00Z",
        "lastTransitionTime": "2020-01-01T00:00:00Z",
    }
    conditions = [*node["status"]["conditions"], other]
    made.api.update(
        {**node, "status": {**node["status"], "conditions": conditions}}, subresource="status"
    )
    made.settle()
    before = made.revision
    made.advance(200)  # NotSettled, where a timer is due again and again
    assert made.revision == before


def test_pressure_taints_the_node() -> None:
    made = world(nodes=1)
    seen = made.view.nodes["n0"]
    assert seen.facts is not None
    pressed = dataclasses.replace(seen.facts, memory_pressure=True)
    made.observe(dataclasses.replace(seen, facts=pressed))
    made.settle()
    assert condition(_node(made), "MemoryPressure")[:2] == ("True", "KubeletHasInsufficientMemory")
    assert _taints(made) == [("memory-pressure", "NoSchedule")]
    made.observe(seen)
    made.settle()
    assert _taints(made) == []


def test_a_cordoned_node_carries_the_taint_and_keeps_those_of_others() -> None:
    made = world(nodes=1)
    own = {"key": "mine", "value": "x", "effect": "NoSchedule"}
    set_spec(made, "nodes", "n0", unschedulable=True, taints=[own])
    made.settle()
    assert _taints(made) == [("mine", "NoSchedule"), ("unschedulable", "NoSchedule")]
    set_spec(made, "nodes", "n0", unschedulable=False)
    made.settle()
    assert _node(made)["spec"]["taints"] == [own]


def test_a_short_silence_changes_nothing() -> None:
    made = world(nodes=1)
    made.silence("n0")
    made.advance(4)
    assert condition(_node(made), "Ready")[0] == "True"
    made.answer("n0")
    made.advance(60)
    assert condition(_node(made), "Ready")[0] == "True"
    assert made.view.memos == {} or "node/silent/n0" not in made.view.memos


def test_a_silent_host_is_unknown_after_the_grace_period() -> None:
    made = world(nodes=2)
    made.create(pod("one", tolerations=TOLERATIONS, nodeSelector={"kubernetes.io/hostname": "n0"}))
    made.settle()
    made.silence("n0")
    made.advance(6)
    assert condition(_node(made), "Ready") == (
        "Unknown",
        "NodeStatusUnknown",
        "Kubelet stopped posting node status.",
    )
    assert _taints(made) == [("unreachable", "NoSchedule"), ("unreachable", "NoExecute")]
    assert made.messages("NodeNotReady") == [
        "Node n0 status is now: NodeNotReady",
        "Node is not ready",
    ]
    assert condition(made.get("pods", "one"), "Ready")[0] == "False"
    made.answer("n0")
    made.settle()
    assert condition(_node(made), "Ready")[0] == "True"
    assert _taints(made) == []
    assert condition(made.get("pods", "one"), "Ready")[0] == "True"
    one = made.get("pods", "one")
    assert one is not None and "deletionTimestamp" not in one["metadata"]


def test_pods_are_replaced_elsewhere_after_the_toleration_time() -> None:
    made = world(nodes=2)
    one = deployment(replicas=2)
    one["spec"]["template"]["spec"]["tolerations"] = TOLERATIONS
    made.create(one)
    made.settle()
    assert {each["spec"]["nodeName"] for each in made.list("pods")} == {"n0", "n1"}
    made.silence("n0")
    made.advance(34)
    assert len(made.list("pods")) == 2
    made.advance(3)
    leaving = [each for each in made.list("pods") if "deletionTimestamp" in each["metadata"]]
    staying = [each for each in made.list("pods") if "deletionTimestamp" not in each["metadata"]]
    assert [each["spec"]["nodeName"] for each in leaving] == ["n0"]
    assert [each["spec"]["nodeName"] for each in staying] == ["n1", "n1"]
    name = leaving[0]["metadata"]["name"]
    assert made.messages("TaintManagerEviction") == [f"Marking for deletion Pod default/{name}"]
    made.answer("n0")
    made.settle()
    assert len(made.list("pods")) == 2


def test_a_pod_that_tolerates_for_ever_stays() -> None:
    made = world(nodes=2)
    bound = {"kubernetes.io/hostname": "n0"}
    made.create(pod("stays", tolerations=[{"operator": "Exists"}], nodeSelector=bound))
    made.create(pod("goes", nodeSelector=bound))
    made.settle()
    made.silence("n0")
    made.advance(10_000)
    stays, goes = made.get("pods", "stays"), made.get("pods", "goes")
    assert stays is not None and "deletionTimestamp" not in stays["metadata"]
    assert goes is not None and "deletionTimestamp" in goes["metadata"]


def test_a_taint_of_a_person_evicts_too() -> None:
    made = world(nodes=2)
    made.create(pod("one", nodeSelector={"kubernetes.io/hostname": "n0"}))
    made.settle()
    set_spec(made, "nodes", "n0", taints=[{"key": "out", "effect": "NoExecute"}])
    made.settle()
    assert made.get("pods", "one") is None


def test_pods_of_a_node_that_was_deleted_are_replaced_after_a_while() -> None:
    made = world(nodes=2)
    made.create(deployment(replicas=2))
    made.settle()
    made.silence("n0")
    made.delete("nodes", "n0")
    made.advance(39)
    assert {each["spec"]["nodeName"] for each in made.list("pods")} == {"n0", "n1"}
    made.advance(2)
    assert [each["spec"]["nodeName"] for each in made.list("pods")] == ["n1", "n1"]
    assert "node/missing/n0" not in made.view.memos


def test_a_node_that_comes_back_in_time_keeps_its_pods() -> None:
    made = world(nodes=1)
    made.create(pod("one"))
    made.settle()
    made.delete("nodes", "n0")
    made.advance(20)
    made.add_node("n0", cpus=64, memory=2**36)
    made.advance(100)
    assert made.get("pods", "one") is not None
    assert "node/missing/n0" not in made.view.memos
