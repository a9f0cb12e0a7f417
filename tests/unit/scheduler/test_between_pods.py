"""Rules between pods: affinity, anti-affinity, topology spread; and images."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.scheduler.node_info import node_info
from kctl.scheduler.scores.image_locality import ImageLocality
from tests.unit.scheduler.objects import infos, node, place, pod, scheduler

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def _term(app: str, key: str = HOST, **more: Any) -> dict[str, Any]:
    return {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key, **more}


def _rule(which: str, *terms: dict[str, Any]) -> dict[str, Any]:
    return {which: {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}}


def _spread(skew: int, key: str = ZONE, when: str = "DoNotSchedule", **more: Any) -> Any:
    selector = {"matchLabels": {"app": "web"}}
    constraint = {"maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": when}
    return [constraint | {"labelSelector": selector} | more]


def zoned(name: str, zone: str, **more: Any) -> Any:
    return node(name, labels={ZONE: zone}, **more)


def test_anti_affinity_allows_one_pod_a_host() -> None:
    rule = _rule("podAntiAffinity", _term("web"))
    pods = [pod(labels={"app": "web"}, affinity=rule) for _ in range(3)]
    decisions = place(pods, node("a"), node("b"))
    assert {decisions[0].node, decisions[1].node} == {"a", "b"}
    assert decisions[2].message.startswith(
        "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
    )


def test_a_pod_that_stands_keeps_others_away() -> None:
    alone = pod(labels={"app": "alone"}, affinity=_rule("podAntiAffinity", _term("web")))
    (decision,) = scheduler().schedule(
        [pod(labels={"app": "web"})], [node_info(node("a"), [alone])]
    )
    assert "1 node(s) didn't satisfy existing pods anti-affinity rules" in decision.message


def test_anti_affinity_by_zone() -> None:
    rule = _rule("podAntiAffinity", _term("web", ZONE))
    pods = [pod(labels={"app": "web"}, affinity=rule) for _ in range(3)]
    decisions = place(pods, zoned("a", "x"), zoned("b", "x"), zoned("c", "y"))
    assert len({each.node for each in decisions[:2]} & {"a", "b"}) == 1
    assert decisions[2].node is None


def test_affinity_follows_the_other_pod_and_the_first_of_a_group_may_begin() -> None:
    near = _rule("podAffinity", _term("db"))
    there = [node_info(node("a"), []), node_info(node("b"), [pod(labels={"app": "db"})])]
    (decision,) = scheduler().schedule([pod(affinity=near)], there)
    assert decision.node == "b"
    (lost,) = place([pod(affinity=near)], node("a"))
    assert "1 node(s) didn't match pod affinity rules" in lost.message
    together = _rule("podAffinity", _term("web"))
    group = [pod(labels={"app": "web"}, affinity=together) for _ in range(3)]
    assert len({each.node for each in place(group, node("a"), node("b"))}) == 1


def test_terms_are_about_the_own_namespace_unless_they_say_otherwise() -> None:
    other = pod(labels={"app": "db"})
    other["metadata"]["namespace"] = "elsewhere"
    there = node_info(node("a"), [other])

    def placed(**more: Any) -> str | None:
        one = pod(affinity=_rule("podAffinity", _term("db", **more)))
        return scheduler().schedule([one], [there])[0].node

    assert placed() is None
    assert placed(namespaces=["elsewhere"]) == "a"
    there = node_info(node("a"), [other])
    assert placed(namespaceSelector={}) == "a"


def test_spread_keeps_within_the_skew() -> None:
    pods = [pod(labels={"app": "web"}, topologySpreadConstraints=_spread(1)) for _ in range(4)]
    nodes = [zoned("a", "x"), zoned("b", "x"), zoned("c", "y", cpu="1", pods=1)]
    decisions = place(pods, *nodes)
    zones = Counter("y" if each.node == "c" else "x" for each in decisions if each.node)
    assert zones == {"x": 2, "y": 1}
    assert "node(s) didn't match pod topology spread constraints" in decisions[3].message
    assert "1 Too many pods" in decisions[3].message


def test_a_node_without_the_label_is_no_domain() -> None:
    one = pod(labels={"app": "web"}, topologySpreadConstraints=_spread(1))
    (decision,) = place([one], node("bare"))
    assert decision.reasons == {
        "node(s) didn't match pod topology spread constraints (missing required label)": 1
    }


def test_min_domains_hold_back_what_would_be_even_otherwise() -> None:
    wants = _spread(1, minDomains=2)
    pods = [pod(labels={"app": "web"}, topologySpreadConstraints=wants) for _ in range(2)]
    decisions = place(pods, zoned("a", "x"))
    assert [each.node for each in decisions] == ["a", None]


def test_a_wished_spread_never_refuses() -> None:
    wants = _spread(1, when="ScheduleAnyway")
    pods = [pod(labels={"app": "web"}, topologySpreadConstraints=wants) for _ in range(6)]
    decisions = place(pods, zoned("a", "x"), zoned("b", "y"))
    assert Counter(each.node for each in decisions) == {"a": 3, "b": 3}


def test_preferred_anti_affinity_moves_away_while_it_can() -> None:
    soft = {"weight": 100, "podAffinityTerm": _term("web")}
    rule = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [soft]}}
    pods = [pod(labels={"app": "web"}, affinity=rule) for _ in range(4)]
    decisions = place(pods, node("a"), node("b"))
    assert Counter(each.node for each in decisions) == {"a": 2, "b": 2}


def test_images_that_are_there_are_preferred() -> None:
    has, lacks = node("has"), node("lacks")
    has["status"]["images"] = [{"names": ["big:latest"], "sizeBytes": 800 * 2**20}]
    one = pod()
    one["spec"]["containers"][0]["image"] = "big"
    scores = ImageLocality().score(one, infos(has, lacks))
    assert set(scores) == {"has"} and 0 < scores["has"] <= 100


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from("xyz"), min_size=1, max_size=6),
    st.integers(0, 14),
    st.integers(1, 3),
)
def test_the_skew_is_never_above_its_maximum(zones: list[str], count: int, skew: int) -> None:
    nodes = [zoned(f"n{i}", zone, pods=5) for i, zone in enumerate(zones)]
    pods = [
        pod(labels={"app": "web"}, topologySpreadConstraints=_spread(skew)) for _ in range(count)
    ]
    placed = Counter(dict.fromkeys(zones, 0))
    for decision in place(pods, *nodes):
        if decision.node is not None:
            placed[zones[int(decision.node[1:])]] += 1
    assert max(placed.values()) - min(placed.values()) <= skew
