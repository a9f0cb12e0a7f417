"""The default scheduler: placements, refusals in Kubernetes' words, and what never happens."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.scheduler.amounts import milli
from kctl.scheduler.filters.node_resources import NodeResources
from kctl.scheduler.filters.ports import Ports
from kctl.scheduler.plugin import kctl_filters
from kctl.scheduler.profile import Profile
from kctl.scheduler.types import NodeInfo, Object
from tests.unit.scheduler.objects import infos, node, place, pod, scheduler


def test_replicas_spread_evenly_over_alike_nodes() -> None:
    decisions = place([pod(owner="web") for _ in range(9)], node("a"), node("b"), node("c"))
    assert Counter(each.node for each in decisions) == {"a": 3, "b": 3, "c": 3}


def test_a_refusal_reads_as_kubernetes_words_it() -> None:
    tainted = node("t", taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}])
    full = [node("x", cpu="1"), node("y", cpu="1")]
    first, second, third = place([pod("1"), pod("1"), pod("1")], tainted, *full)
    assert {first.node, second.node} == {"x", "y"}
    assert third.node is None
    assert third.message == (
        "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. "
        "no new claims to deallocate, preemption: 0/3 nodes are available: "
        "1 Preemption is not helpful for scheduling, "
        "2 No preemption victims found for incoming pod."
    )
    assert third.reasons == {"node(s) had untolerated taint(s)": 1, "Insufficient cpu": 2}


def test_a_pod_larger_than_every_node_is_not_helped_by_preemption() -> None:
    (only,) = place([pod("100")], node("a"))
    assert only.message == (
        "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: "
        "0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    )


def test_a_pod_that_must_not_preempt_says_so() -> None:
    (only,) = place([pod("100", preemptionPolicy="Never")], node("a"))
    assert only.message.endswith("preemption: not eligible due to preemptionPolicy=Never.")


def test_no_nodes_at_all() -> None:
    (only,) = place([pod()])
    assert only.message == "no nodes available to schedule pods"


def test_a_placement_of_one_template_counts_for_another() -> None:
    small, large = node("small", cpu="1"), node("large", cpu="3")
    decisions = place([pod("3"), pod("1"), pod("1", owner="x"), pod("3")], small, large)
    assert [each.node for each in decisions] == ["large", "small", None, None]


def test_host_ports_allow_one_pod_a_node() -> None:
    pods = [pod(ports=[{"hostPort": 80}], owner="web") for _ in range(3)]
    decisions = place(pods, node("a"), node("b"))
    assert {decisions[0].node, decisions[1].node} == {"a", "b"}
    assert "2 node(s) didn't have free ports" in decisions[2].message


class _Wide:
    """A third party's score that looks at all nodes and names no scope: the node with the
    fewest pods of all is best."""

    name = "fewest"
    weight = 1

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        most = max((len(info.pods) for info in infos), default=0) or 1
        return {info.name: 100 - 100 * len(info.pods) / most for info in infos}

    def explain(self, pod: Object) -> str:
        return ""


def test_a_score_over_all_nodes_is_asked_again_after_each_placement() -> None:
    profile = Profile(kctl_filters(), [_Wide()])
    decisions = profile.schedule([pod() for _ in range(6)], infos(node("a"), node("b")))
    assert Counter(each.node for each in decisions) == {"a": 3, "b": 3}


def test_the_same_input_gives_the_same_answer() -> None:
    def run() -> list[str | None]:
        pods = [pod("100m", owner=f"o{number % 3}") for number in range(50)]
        return [each.node for each in place(pods, node("a"), node("b", cpu="2"), node("c"))]

    assert run() == run()


quantities = st.sampled_from(["", "50m", "100m", "500m", "1", "2", "3"])
pods_drawn = st.lists(st.tuples(quantities, st.booleans(), st.sampled_from("xyz")), max_size=40)
nodes_drawn = st.lists(
    st.tuples(st.sampled_from(["1", "2", "4"]), st.integers(1, 12), st.booleans()), max_size=6
)


@settings(max_examples=200, deadline=None)
@given(pods_drawn, nodes_drawn)
def test_never_overcommits_and_never_refuses_what_fits(
    drawn: list[tuple[str, bool, str]], on: list[tuple[str, int, bool]]
) -> None:
    nodes = [
        node(f"n{i}", cpu=cpu, pods=pods, unschedulable=cordoned)
        for i, (cpu, pods, cordoned) in enumerate(on)
    ]
    pods = [
        pod(cpu, owner=owner, ports=[{"hostPort": 80}] if port else ())
        for cpu, port, owner in drawn
    ]
    state = infos(*nodes)
    decisions = scheduler().schedule(pods, state)
    used: dict[str, list[Object]] = {each["metadata"]["name"]: [] for each in nodes}
    for one, decision in zip(pods, decisions, strict=True):
        if decision.node is not None:
            used[decision.node].append(one)
    for each in nodes:
        mine = used[each["metadata"]["name"]]
        assert not (mine and each["spec"]["unschedulable"])
        assert len(mine) <= int(each["status"]["allocatable"]["pods"])
        cpu = [p["spec"]["containers"][0]["resources"]["requests"].get("cpu", "0") for p in mine]
        assert sum(map(milli, cpu)) <= milli(each["status"]["allocatable"]["cpu"])
        assert sum(bool(p["spec"]["containers"][0]["ports"]) for p in mine) <= 1
    for one, decision in zip(pods, decisions, strict=True):
        if decision.node is None:
            assert all(
                info.node["spec"]["unschedulable"]
                or NodeResources().check(one, info)
                or Ports().check(one, info)
                for info in state
            )


@settings(max_examples=100, deadline=None)
@given(pods_drawn, nodes_drawn)
def test_sharing_work_between_pods_of_a_template_changes_no_answer(
    drawn: list[tuple[str, bool, str]], on: list[tuple[str, int, bool]]
) -> None:
    nodes = [node(f"n{i}", cpu=cpu, pods=count) for i, (cpu, count, _) in enumerate(on)]
    pods = [
        pod(cpu, owner=owner, ports=[{"hostPort": 80}] if port else ())
        for cpu, port, owner in drawn
    ]
    together = [each.node for each in scheduler().schedule(pods, infos(*nodes))]
    state = infos(*nodes)
    alone = [scheduler().schedule([one], state)[0].node for one in pods]
    assert together == alone


def test_thousands_of_pods_take_seconds_at_most() -> None:
    nodes = infos(*(node(f"n{i:04}") for i in range(500)))
    pods = [pod("10m", "10Mi", owner=f"rs{i % 20}") for i in range(5000)]
    began = time.perf_counter()
    decisions = scheduler().schedule(pods, nodes)
    assert all(each.node for each in decisions)
    assert time.perf_counter() - began < 10
