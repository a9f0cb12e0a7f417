"""Lost hosts: who is evicted, who is not, and what is said about it."""

from __future__ import annotations

from kctl.controllers.nodelifecycle_disruption import assess
from kctl.runtime.observations import NodeObservation
from kctl.testing.world import World
from tests.unit.controllers.objects import Object, condition, deployment, pod, set_spec, world


def _taints(made: World, name: str) -> list[tuple[str, str]]:
    node = made.get("nodes", name)
    assert node is not None
    taints = node["spec"].get("taints") or ()
    return [(each["key"].rpartition("/")[2], each["effect"]) for each in taints]


def _leaving(made: World) -> list[Object]:
    return [each for each in made.list("pods") if "deletionTimestamp" in each["metadata"]]


def _bound(name: str, node: str, **spec: object) -> Object:
    return pod(name, nodeSelector={"kubernetes.io/hostname": node}, **spec)


def test_while_no_node_answers_nobody_is_evicted() -> None:
    made = world(nodes=3)
    made.create(deployment(replicas=6))
    made.settle()
    for name in ("n0", "n1", "n2"):
        made.silence(name)
    made.advance(3600)
    assert _leaving(made) == []
    assert len(made.list("pods")) == 6
    assert all(condition(each, "Ready")[0] == "False" for each in made.list("pods"))
    assert _taints(made, "n0") == [("unreachable", "NoSchedule")]
    assert made.messages("EvictionSuspended") == 3 * [
        "Pods of this node are not evicted as long as all 3 nodes do not answer"
    ]


def test_when_nodes_answer_again_the_others_have_their_whole_toleration_time() -> None:
    made = world(nodes=3)
    made.create(deployment(replicas=3))
    made.settle()
    for name in ("n0", "n1", "n2"):
        made.silence(name)
    made.advance(600)
    made.answer("n1")
    made.answer("n2")
    made.advance(25)
    assert _leaving(made) == []
    assert len(made.messages("EvictionResumed")) >= 1
    made.advance(10)
    assert [each["spec"]["nodeName"] for each in _leaving(made)] == ["n0"]


def test_most_nodes_of_many_count_as_a_fault_on_this_side() -> None:
    made = world(nodes=5)
    made.create(deployment(replicas=5))
    made.settle()
    for name in ("n0", "n1", "n2"):
        made.silence(name)
    made.advance(600)
    assert _leaving(made) == []
    assert made.messages("EvictionSuspended")[0] == (
        "Pods of this node are not evicted as long as 3 of 5 nodes do not answer"
    )


def test_two_of_three_nodes_are_few_enough_to_be_lost_in_earnest() -> None:
    made = world(nodes=3)
    made.create(deployment(replicas=3))
    made.settle()
    made.silence("n0")
    made.silence("n1")
    made.advance(60)
    assert {each["spec"]["nodeName"] for each in _leaving(made)} == {"n0", "n1"}


def _node(name: str, status: str, url: str = "ssh://h", **labels: str) -> Object:
    return {
        "metadata": {"name": name, "annotations": {"kctl.io/host": url}, "labels": labels},
        "spec": {},
        "status": {"conditions": [{"type": "Ready", "status": status}]},
    }


def test_a_node_on_this_machines_own_socket_does_not_speak_for_the_network() -> None:
    here = _node("here", "True", "unix:///var/run/docker.sock")
    afar = [_node(f"h{number}", "Unknown") for number in range(3)]
    near = [_node("h3", "True"), _node("h4", "True")]
    assert assess([here, *afar]).spares(afar[0]) == "3 of 4 nodes do not answer"
    assert assess([here, *afar, *near]).spares(afar[0]) == "3 of 6 nodes do not answer"
    assert assess([here, *afar, *near, _node("h5", "True")]).spares(afar[0]) == ""


def test_zones_are_judged_each_for_itself_and_excluded_nodes_not_at_all() -> None:
    zone = "topology.kubernetes.io/zone"
    lost = [_node(f"a{number}", "Unknown", **{zone: "a"}) for number in range(3)]
    fine = [_node(f"b{number}", "True", **{zone: "b"}) for number in range(9)]
    one = _node("b9", "Unknown", **{zone: "b"})
    found = assess([*lost, *fine, one])
    assert found.spares(lost[0]) == "3 of 3 nodes in zone a do not answer"
    assert found.spares(one) == ""
    excluded = {"node.kubernetes.io/exclude-disruption": ""}
    assert assess([_node("x", "True", **excluded), *lost]).spares(one) == (
        "all 3 nodes do not answer"
    )


def test_a_pod_that_leaves_says_that_it_was_the_taint() -> None:
    made = world(nodes=2)
    made.create(_bound("one", "n0"))
    made.settle()
    made.silence("n0")
    made.advance(60)
    (leaving,) = _leaving(made)
    assert condition(leaving, "DisruptionTarget") == (
        "True",
        "DeletionByTaintManager",
        "Taint manager: deleting due to NoExecute taint",
    )


def test_a_host_that_is_back_in_time_cancels_the_eviction() -> None:
    made = world(nodes=2)
    made.create(_bound("one", "n0"))
    made.create(_bound("keeps", "n0", tolerations=[{"operator": "Exists"}]))
    made.settle()
    made.silence("n0")
    made.advance(20)
    made.answer("n0")
    made.advance(600)
    assert made.messages("TaintManagerEviction") == ["Cancelling deletion of Pod default/one"]
    assert _leaving(made) == []


def test_a_pod_without_a_controller_says_that_nobody_replaces_it() -> None:
    made = world(nodes=2)
    volume = {"name": "data", "hostPath": {"path": "/srv/data"}}
    made.create(_bound("one", "n0", volumes=[volume]))
    made.settle()
    made.silence("n0")
    made.advance(60)
    assert made.messages("NodeLost") == [
        "Node n0 does not answer and the pod cannot move: no controller makes another one, "
        "nodeSelector kubernetes.io/hostname=n0, "
        'hostPath volume "data" (/srv/data) is there'
    ]


def test_a_replacement_that_is_bound_to_the_lost_host_says_so() -> None:
    made = world(nodes=2)
    bound = deployment(replicas=1)
    inner = bound["spec"]["template"]["spec"]
    inner["nodeSelector"] = {"kubernetes.io/hostname": "n0"}
    inner["volumes"] = [{"name": "data", "hostPath": {"path": "/srv/data"}}]
    made.create(bound)
    made.settle()
    made.silence("n0")
    made.advance(60)
    (waiting,) = [each for each in made.list("pods") if each not in _leaving(made)]
    message = condition(waiting, "PodScheduled")[2]
    assert message.startswith(
        "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, "
        "1 node(s) had untolerated taint(s). no new claims to deallocate, "
    )
    assert message.endswith(
        "The pod is bound to lost nodes (n0, not answering): "
        "nodeSelector kubernetes.io/hostname=n0, "
        'hostPath volume "data" (/srv/data) is there.'
    )


def test_pods_whose_template_names_the_lost_host_stay_and_say_why() -> None:
    made = world(nodes=2)
    bound = deployment(replicas=2)
    bound["spec"]["template"]["spec"]["nodeName"] = "n0"
    made.create(bound)
    made.settle()
    made.silence("n0")
    made.advance(600)
    assert len(made.list("pods")) == 2
    assert _leaving(made) == []
    assert made.messages("NodeLost") == 2 * [
        "Node n0 does not answer and the pod cannot move: its controller's template names this node"
    ]
    made.answer("n0")
    made.advance(60)
    assert not [name for name in made.view.memos if name.startswith("node/")]


def test_a_lost_host_that_is_deleted_leaves_no_memory() -> None:
    made = world(nodes=2)
    made.create(deployment(replicas=2))
    made.settle()
    made.silence("n0")
    made.advance(600)
    made.delete("nodes", "n0")
    made.advance(600)
    assert not [name for name in made.view.memos if name.startswith("node/")]
    assert {each["spec"]["nodeName"] for each in made.list("pods")} == {"n1"}


def test_a_taint_of_a_person_evicts_while_all_hosts_are_silent() -> None:
    made = world(nodes=1)
    made.create(pod("one"))
    made.settle()
    made.silence("n0")
    made.advance(60)
    set_spec(made, "nodes", "n0", taints=[{"key": "out", "effect": "NoExecute"}])
    made.settle()
    assert len(_leaving(made)) == 1


def test_silence_counts_from_the_question_but_one_failure_is_no_loss() -> None:
    made = world(nodes=2)
    made.advance(60)
    seen = made.view.nodes["n0"]
    asked = made.clock.time() - 8
    made.observe(NodeObservation("n0", False, "timed out", asked, seen.facts))
    made.advance(2)
    node = made.get("nodes", "n0")
    assert node is not None
    assert condition(node, "Ready")[0] == "True"
    made.advance(1)
    node = made.get("nodes", "n0")
    assert node is not None
    assert condition(node, "Ready")[0] == "Unknown"


def test_terminating_pods_of_a_host_that_was_destroyed_are_forgotten() -> None:
    made = world(nodes=2)
    made.create(deployment(replicas=2))
    made.create(_bound("db", "n0"))
    made.settle()
    made.silence("n0")
    made.advance(60)
    assert len(_leaving(made)) == 2
    node = made.get("nodes", "n0")
    assert node is not None
    set_spec(made, "nodes", "n0", taints=[*node["spec"]["taints"], _OUT])
    made.settle()
    assert _leaving(made) == []
    assert made.get("pods", "db") is None


_OUT = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
