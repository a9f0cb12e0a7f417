"""Each filter by values: what it lets through, and its words when it does not."""

from __future__ import annotations

import pytest

from kctl.scheduler.filters.node_affinity import NodeAffinity
from kctl.scheduler.filters.node_name import NodeName
from kctl.scheduler.filters.node_resources import NodeResources
from kctl.scheduler.filters.ports import Ports
from kctl.scheduler.filters.taints import Taints
from kctl.scheduler.filters.unschedulable import Unschedulable
from kctl.scheduler.node_info import node_info
from tests.unit.scheduler.objects import node, pod, reasons_of

NO_MATCH = ("node(s) didn't match Pod's node affinity/selector",)
NO_PORT = ("node(s) didn't have free ports for the requested pod ports",)


@pytest.mark.parametrize(
    ("cpu", "memory", "reasons"),
    [
        ("", "", ()),
        ("4", "8Gi", ()),
        ("4001m", "1", ("Insufficient cpu",)),
        ("1", "8193Mi", ("Insufficient memory",)),
        ("5", "9Gi", ("Insufficient cpu", "Insufficient memory")),
    ],
)
def test_resources_that_do_not_fit_are_all_named(
    cpu: str, memory: str, reasons: tuple[str, ...]
) -> None:
    assert reasons_of(NodeResources(), pod(cpu, memory), node("a")) == reasons


def test_a_full_node_says_too_many_pods() -> None:
    info = node_info(node("a", pods=1), [pod()])
    assert NodeResources().check(pod(), info) == ("Too many pods",)


def test_finished_pods_hold_nothing() -> None:
    done = pod("4", "8Gi")
    done["status"]["phase"] = "Succeeded"
    assert NodeResources().check(pod("4"), node_info(node("a"), [done])) == ()


def test_extended_resources_count() -> None:
    one = pod()
    one["spec"]["containers"][0]["resources"]["requests"] = {"example.com/gpu": "1"}
    assert reasons_of(NodeResources(), one, node("a")) == ("Insufficient example.com/gpu",)


def test_eviction_helps_only_where_the_empty_node_is_large_enough() -> None:
    info = node_info(node("a", cpu="1"), [])
    assert NodeResources().eviction_helps(pod("1"), info)
    assert not NodeResources().eviction_helps(pod("1001m"), info)


def test_a_named_node_is_the_only_one() -> None:
    wanted = pod(nodeName="b")
    assert reasons_of(NodeName(), wanted, node("b")) == ()
    assert reasons_of(NodeName(), wanted, node("a")) == (
        "node(s) didn't match the requested node name",
    )


def test_a_cordoned_node_takes_only_pods_that_tolerate_it() -> None:
    cordoned = node("a", unschedulable=True)
    tolerating = pod(
        tolerations=[{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]
    )
    assert reasons_of(Unschedulable(), pod(), cordoned) == ("node(s) were unschedulable",)
    assert reasons_of(Unschedulable(), tolerating, cordoned) == ()


@pytest.mark.parametrize(
    ("toleration", "passes"),
    [
        ({"key": "k", "value": "v", "effect": "NoSchedule"}, True),
        ({"key": "k", "operator": "Equal", "value": "v"}, True),
        ({"key": "k", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "k", "value": "other"}, False),
        ({"key": "k", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_tolerations(toleration: dict[str, str], passes: bool) -> None:
    tainted = node("a", taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}])
    reasons = reasons_of(Taints(), pod(tolerations=[toleration]), tainted)
    assert reasons == (() if passes else ("node(s) had untolerated taint(s)",))


def test_taints_that_only_prefer_do_not_refuse() -> None:
    tainted = node("a", taints=[{"key": "k", "effect": "PreferNoSchedule"}])
    assert reasons_of(Taints(), pod(), tainted) == ()


@pytest.mark.parametrize(
    ("operator", "values", "passes"),
    [
        ("In", ["ssd", "nvme"], True),
        ("In", ["hdd"], False),
        ("NotIn", ["hdd"], True),
        ("NotIn", ["ssd"], False),
        ("Exists", [], True),
        ("DoesNotExist", [], False),
    ],
)
def test_required_node_affinity(operator: str, values: list[str], passes: bool) -> None:
    expression = {"key": "disk", "operator": operator, "values": values}
    one = pod(affinity=_required({"matchExpressions": [expression]}))
    on = node("a", labels={"disk": "ssd"})
    assert reasons_of(NodeAffinity(), one, on) == (() if passes else NO_MATCH)


@pytest.mark.parametrize(
    ("operator", "value", "passes"),
    [
        ("Gt", "7", True),
        ("Gt", "8", False),
        ("Lt", "9", True),
        ("Lt", "8", False),
        ("Gt", "x", False),
    ],
)
def test_numbers_of_labels_compare(operator: str, value: str, passes: bool) -> None:
    expression = {"key": "cores", "operator": operator, "values": [value]}
    one = pod(affinity=_required({"matchExpressions": [expression]}))
    on = node("a", labels={"cores": "8"})
    assert reasons_of(NodeAffinity(), one, on) == (() if passes else NO_MATCH)


def test_a_label_that_is_missing_satisfies_only_the_negative_operators() -> None:
    for operator, passes in [("NotIn", True), ("DoesNotExist", True), ("In", False), ("Lt", False)]:
        expression = {"key": "gone", "operator": operator, "values": ["1"]}
        one = pod(affinity=_required({"matchExpressions": [expression]}))
        assert (reasons_of(NodeAffinity(), one, node("a")) == ()) is passes, operator


def test_terms_are_alternatives_and_match_fields_name_nodes() -> None:
    here = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}
    never = {"matchExpressions": [{"key": "x", "operator": "Exists"}]}
    one = pod(affinity=_required(never, here))
    assert reasons_of(NodeAffinity(), one, node("a")) == ()
    assert reasons_of(NodeAffinity(), one, node("b")) == NO_MATCH


def test_an_empty_term_matches_nothing() -> None:
    assert reasons_of(NodeAffinity(), pod(affinity=_required({})), node("a")) == NO_MATCH


def test_node_selector_and_affinity_hold_together() -> None:
    term = {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}
    one = pod(nodeSelector={"zone": "x"}, affinity=_required(term))
    assert reasons_of(NodeAffinity(), one, node("a", labels={"zone": "x"})) == NO_MATCH
    assert reasons_of(NodeAffinity(), one, node("a", labels={"zone": "x", "disk": "y"})) == ()


@pytest.mark.parametrize(
    ("used", "asked", "passes"),
    [
        ({"hostPort": 80}, {"hostPort": 80}, False),
        ({"hostPort": 80}, {"hostPort": 81}, True),
        ({"hostPort": 80}, {"hostPort": 80, "protocol": "UDP"}, True),
        ({"hostPort": 80, "hostIP": "10.0.0.1"}, {"hostPort": 80, "hostIP": "10.0.0.2"}, True),
        ({"hostPort": 80, "hostIP": "10.0.0.1"}, {"hostPort": 80}, False),
        ({"hostPort": 80}, {"hostPort": 80, "hostIP": "10.0.0.2"}, False),
        ({"containerPort": 80}, {"containerPort": 80}, True),
    ],
)
def test_host_ports(used: dict[str, object], asked: dict[str, object], passes: bool) -> None:
    info = node_info(node("a"), [pod(ports=[used])])
    assert Ports().check(pod(ports=[asked]), info) == (() if passes else NO_PORT)


def test_every_port_of_a_host_network_pod_is_a_host_port() -> None:
    info = node_info(node("a"), [pod(ports=[{"containerPort": 80}], hostNetwork=True)])
    assert Ports().check(pod(ports=[{"hostPort": 80}]), info) == NO_PORT


def _required(*terms: dict[str, object]) -> dict[str, object]:
    rule = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return {"nodeAffinity": rule}
