"""Whose engine is it: marks, strays, nodes that may not use a host, and their end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from kctl.controllers.common import condition
from kctl.reconcile.clean import clean_nodes
from kctl.reconcile.glance import refresh
from kctl.reconcile.hosts import Hosts
from kctl.reconcile.join import CannotJoin, Request, check_facts, join
from kctl.reconcile.joining import claim_of, range_problem
from kctl.reconcile.log import Log
from kctl.reconcile.loop import Loop
from kctl.runtime.observations import NodeObservation
from kctl.runtime.operations import CleanNode, Operation, Outcome, PrepareNode
from kctl.runtime.simulated import SimulatedRuntime, facts_of
from kctl.runtime.types import Runtime
from kctl.store.reader import Reader
from kctl.store.types import Memo
from tests.unit.reconcile.conftest import Lab

Object = dict[str, Any]
SETTINGS = {
    "cluster-id": "c",
    "cluster-cidr": "10.98.0.0/16",
    "service-cidr": "10.98.0.0/20",
}


class Door:
    """A runtime on an engine that several nodes may name."""

    name = "simulated"

    def __init__(self, engine: SimulatedRuntime, node: str) -> None:
        self._engine, self._node = engine, node

    def observe(self, *, facts: bool = False) -> NodeObservation:
        return dataclasses.replace(self._engine.observe(facts=facts), node=self._node)

    def execute(self, operation: Operation) -> Outcome:
        return self._engine.execute(operation)

    def close(self) -> None:
        """There is nothing to let go of."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class Machines(Hosts):
    """Engines by URL; "alias:" before one is another way to the same engine."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.plane.plugins, lab.plane.settings)
        self.engines: dict[str, SimulatedRuntime] = {}

    def engine(self, url: str) -> SimulatedRuntime:
        url = url.removeprefix("alias:")
        if url not in self.engines:
            self.engines[url] = SimulatedRuntime("vm", facts=facts_of("vm"))
        return self.engines[url]

    def connect(self, url: str, node: str) -> Runtime:
        if not url.removeprefix("alias:").startswith("machine://"):
            raise ValueError(f"{url} leads nowhere")
        return Door(self.engine(url), node)

    def close(self) -> None:
        """One test uses it for many passes."""


@pytest.fixture
def machines(lab: Lab) -> Machines:
    found = Machines(lab)
    lab.loop = Loop(lab.plane, Log(), hosts=found)
    lab.loop.begin()
    return found


def manifest(lab: Lab, name: str, url: str, **spec: Any) -> Object:
    return lab.plane.api.create(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "annotations": {"kctl.io/host": url}},
            "spec": spec,
        }
    )


def ready(lab: Lab, name: str) -> tuple[str, str]:
    found = condition(lab.plane.api.get("nodes", name), "Ready")
    return (found["status"], found["reason"]) if found else ("", "")


def names(lab: Lab) -> list[str]:
    return [each["metadata"]["name"] for each in lab.plane.api.list("nodes").items]


def events(lab: Lab, reason: str) -> list[str]:
    listed = lab.plane.api.list("events", "default").items
    return [each["message"] for each in listed if each["reason"] == reason]


def edit(lab: Lab, name: str, url: str | None) -> None:
    patch = {"metadata": {"annotations": {"kctl.io/host": url}}}
    lab.plane.api.patch("nodes", name, "", patch, "merge")


def operations(engine: SimulatedRuntime, kind: type) -> int:
    return sum(isinstance(each, kind) for each in engine.executed)


def test_a_manifest_that_names_a_host_becomes_a_ready_node_with_its_range_and_labels(
    lab: Lab, machines: Machines
) -> None:
    manifest(lab, "web1", "machine://1")
    manifest(lab, "web2", "machine://2")
    lab.settle()
    assert ready(lab, "web1") == ready(lab, "web2") == ("True", "KubeletReady")
    one, two = lab.plane.api.get("nodes", "web1"), lab.plane.api.get("nodes", "web2")
    assert one["spec"]["podCIDR"] != two["spec"]["podCIDR"]
    assert one["metadata"]["labels"]["kubernetes.io/arch"] == "amd64"
    assert one["metadata"]["labels"]["kubernetes.io/hostname"] == "web1"
    assert one["metadata"]["finalizers"] == ["kctl.io/host"]
    assert machines.engine("machine://1").observe().owner == one["metadata"]["uid"]
    assert len(events(lab, "RegisteredNode")) == 2


def test_of_two_nodes_that_name_one_engine_the_second_is_not_ready_and_nothing_starts_there(
    lab: Lab, machines: Machines
) -> None:
    manifest(lab, "web1", "machine://1")
    lab.settle()
    manifest(lab, "other", "alias:machine://1")
    lab.deployment(replicas=3)
    loop = lab.settle()
    assert ready(lab, "web1") == ("True", "KubeletReady")
    assert ready(lab, "other") == ("False", "HostInUse")
    assert events(lab, "HostInUse") == [
        'the Docker engine at alias:machine://1 is node "web1" already'
    ]
    assert {pod["spec"]["nodeName"] for pod in lab.pods()} == {"web1"}
    assert loop.summary.refused.keys() == {"other"}
    assert not loop.summary.unreachable


def test_of_two_that_come_at_the_same_time_one_has_the_engine(lab: Lab, machines: Machines) -> None:
    manifest(lab, "web1", "machine://1")
    manifest(lab, "web2", "alias:machine://1")
    lab.settle()
    assert sorted([ready(lab, "web1"), ready(lab, "web2")]) == [
        ("False", "HostInUse"),
        ("True", "KubeletReady"),
    ]


def test_the_second_has_the_engine_when_the_first_has_left(lab: Lab, machines: Machines) -> None:
    manifest(lab, "web1", "machine://1")
    lab.settle()
    manifest(lab, "web2", "alias:machine://1")
    lab.settle()
    lab.plane.api.delete("nodes", "web1")
    loop = lab.settle()
    assert names(lab) == ["web2"]
    loop.looker.look()
    lab.settle()
    assert ready(lab, "web2") == ("True", "KubeletReady")


def test_a_refused_node_leaves_without_touching_the_engine(lab: Lab, machines: Machines) -> None:
    manifest(lab, "web1", "machine://1")
    lab.settle()
    manifest(lab, "web2", "alias:machine://1")
    lab.settle()
    lab.plane.api.delete("nodes", "web2")
    lab.settle()
    assert names(lab) == ["web1"]
    assert operations(machines.engine("machine://1"), CleanNode) == 0
    assert machines.engine("machine://1").network


@pytest.mark.parametrize("nonsense", ["nonsense", "ftp://x", "ssh://", "machine:/1"])
def test_a_host_that_is_none_is_said_and_stops_nobody_else(
    lab: Lab, machines: Machines, nonsense: str
) -> None:
    manifest(lab, "bad", nonsense)
    manifest(lab, "web1", "machine://1")
    lab.deployment(replicas=2)
    lab.settle()
    assert ready(lab, "bad") == ("False", "InvalidHost")
    assert events(lab, "InvalidHost") == [f"{nonsense} leads nowhere"]
    assert ready(lab, "web1")[0] == "True"
    assert lab.ready() == 2
    lab.plane.api.delete("nodes", "bad")
    lab.settle()
    assert names(lab) == ["web1"]


def test_a_node_does_not_move_to_another_engine(lab: Lab, machines: Machines) -> None:
    manifest(lab, "web1", "machine://1")
    lab.settle()
    edit(lab, "web1", "machine://2")
    lab.settle()
    assert ready(lab, "web1") == ("False", "HostChanged")
    assert "machine://1" in events(lab, "HostChanged")[0]
    assert operations(machines.engine("machine://2"), PrepareNode) == 0
    edit(lab, "web1", "machine://1")
    lab.settle()
    assert ready(lab, "web1")[0] == "True"


def test_a_node_may_be_reached_by_another_way_to_its_engine(lab: Lab, machines: Machines) -> None:
    manifest(lab, "web1", "machine://1")
    lab.settle()
    edit(lab, "web1", "alias:machine://1")
    loop = lab.settle()
    assert ready(lab, "web1")[0] == "True"
    uid = lab.plane.api.get("nodes", "web1")["metadata"]["uid"]
    assert json.loads(loop.memory["host/web1"].value) == [uid, "alias:machine://1"]


@pytest.mark.parametrize("edited", ["machine://2", "nonsense", None])
def test_a_node_with_an_edited_host_is_cleaned_where_it_ran(
    lab: Lab, machines: Machines, edited: str | None
) -> None:
    manifest(lab, "web1", "machine://1")
    lab.settle()
    edit(lab, "web1", edited)
    lab.settle()
    lab.plane.api.delete("nodes", "web1")
    lab.settle()
    assert names(lab) == []
    assert not machines.engine("machine://1").network
    assert operations(machines.engine("machine://1"), CleanNode) == 1
    assert operations(machines.engine("machine://2"), CleanNode) == 0


def test_strays_of_a_node_that_is_no_more_go_before_the_host_is_a_node_again(
    lab: Lab, machines: Machines
) -> None:
    manifest(lab, "web1", "machine://1")
    lab.deployment(replicas=2)
    lab.settle()
    engine = machines.engine("machine://1")
    engine.faults.unreachable = "no answer"
    with lab_time(lab):
        lab.plane.api.delete("nodes", "web1")
        lab.settle()
    assert names(lab) == []
    engine.faults.unreachable = ""
    strays = set(engine.observe().pods)
    assert strays
    manifest(lab, "web1-again", "machine://1")
    lab.settle()
    assert ready(lab, "web1-again")[0] == "True"
    assert not strays & set(engine.observe().pods)


def test_a_host_that_cannot_be_cleaned_is_left_with_a_warning(lab: Lab, machines: Machines) -> None:
    manifest(lab, "web1", "machine://1")
    manifest(lab, "web2", "machine://2")
    lab.deployment(replicas=4)
    lab.settle()
    machines.engine("machine://1").faults.unreachable = "no route to host"
    with lab_time(lab):
        lab.plane.api.delete("nodes", "web1")
        loop = lab.settle()
    assert names(lab) == ["web2"]
    (message,) = events(lab, "HostNotCleaned")
    assert "no route to host" in message and "docker rm" in message
    assert not loop.summary.unreachable
    lab.settle()
    assert {pod["spec"]["nodeName"] for pod in lab.pods()} == {"web2"}
    assert lab.ready() == 4


class lab_time:
    """Patience runs out at once."""

    def __init__(self, lab: Lab) -> None:
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> None:
        self._patch.setattr("kctl.controllers.node_leaving.PATIENCE", 0.0)

    def __exit__(self, *exc: object) -> None:
        self._patch.undo()


def test_pods_leave_before_the_host_is_cleaned_and_are_replaced(
    lab: Lab, machines: Machines
) -> None:
    manifest(lab, "web1", "machine://1")
    manifest(lab, "web2", "machine://2")
    lab.deployment(replicas=4)
    lab.settle()
    lab.plane.api.delete("nodes", "web1")
    lab.settle()
    engine = machines.engine("machine://1")
    kinds = [type(each).__name__ for each in engine.executed]
    assert kinds.index("CleanNode") > max(
        at for at, kind in enumerate(kinds) if kind == "TerminatePod"
    )
    assert kinds[-1] == "CleanNode"
    assert not engine.network and not engine.observe().pods and not engine.fronts
    assert {pod["spec"]["nodeName"] for pod in lab.pods()} == {"web2"}
    assert lab.ready() == 4
    assert len(events(lab, "RemovingNode")) == 1


def test_an_engine_that_refuses_to_be_cleaned_is_asked_again(lab: Lab, machines: Machines) -> None:
    manifest(lab, "web1", "machine://1")
    lab.settle()
    engine = machines.engine("machine://1")
    plain, refusals = engine.execute, [1, 2]

    def execute(operation: Operation) -> Outcome:
        if isinstance(operation, CleanNode) and refusals:
            refusals.pop()
            return Outcome(operation, False, 0.0, "CleanError", "volume is in use")
        return plain(operation)

    engine.execute = execute  # type: ignore[method-assign]
    lab.plane.api.delete("nodes", "web1")
    lab.loop.run(lambda loop: not names(lab))  # type: ignore[union-attr]
    assert not refusals
    assert not events(lab, "HostNotCleaned")


def test_reset_cleans_every_host_and_names_those_that_do_not_answer(
    lab: Lab, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        manifest(lab, f"web{number}", f"machine://{number}")
    manifest(lab, "twice", "alias:machine://1")
    manifest(lab, "bad", "nonsense")
    lab.settle()
    machines.engine("machine://3").faults.unreachable = "no route to host"
    monkeypatch.setattr("kctl.reconcile.clean.Hosts", lambda *_: machines)
    assert clean_nodes(lab.plane) == {"web3": "no route to host"}
    assert not machines.engine("machine://1").network
    assert not machines.engine("machine://2").network


# --- ranges --------------------------------------------------------------------------


def node(name: str, cidr: str, created: str = "2026-01-01T00:00:00Z") -> Object:
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "creationTimestamp": created},
        "spec": {"podCIDR": cidr},
    }


@pytest.mark.parametrize(
    ("cidr", "words"),
    [
        ("10.98.17.0/24", ""),
        ("10.98.16.0/24", 'overlaps with that of node "old"'),
        ("10.97.16.0/24", "is not a range of 10.98.0.0/16"),
        ("10.98.17.0/29", "is not a range of 10.98.0.0/16"),
        ("10.98.0.0/24", "overlaps with the service range"),
        ("fd00::/64", "is not an IPv4 network"),
    ],
)
def test_a_range_given_by_hand_must_be_free_and_of_the_pod_network(cidr: str, words: str) -> None:
    old = node("old", "10.98.16.0/24", "2025-01-01T00:00:00Z")
    problem = range_problem(node("new", cidr), [old, node("new", cidr)], SETTINGS)
    assert words in problem if words else not problem


def test_a_range_that_cannot_be_is_the_reason_why_a_node_is_not_ready(
    lab: Lab, machines: Machines
) -> None:
    manifest(lab, "web1", "machine://1", podCIDR="192.0.2.0/24")
    lab.settle()
    assert ready(lab, "web1") == ("False", "InvalidPodCIDR")
    assert not machines.engine("machine://1").network


def test_a_node_that_was_in_use_keeps_its_range() -> None:
    old = node("old", "10.98.16.0/24", "2025-01-01T00:00:00Z")
    mine = node("new", "10.98.16.0/24")
    recall: Callable[[str], Memo | None] = {
        "host/new": Memo(json.dumps(["uid-new", "machine://1"]))
    }.get
    assert claim_of(mine, [old, mine], recall, SETTINGS).problem == ""


# --- joining -------------------------------------------------------------------------


@pytest.fixture
def joining(lab: Lab, machines: Machines, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr("kctl.reconcile.join.Hosts", lambda *_: machines)
    monkeypatch.setattr("kctl.reconcile.loop.Hosts", lambda *_: machines)
    monkeypatch.setattr("kctl.reconcile.after.leave_behind", lambda plane: None)
    return lab


def test_join_answers_a_ready_node_with_what_was_asked_for(joining: Lab) -> None:
    taint = {"key": "a", "value": "b", "effect": "NoSchedule"}
    asked = Request("machine://1", "web1", {"disk": "ssd"}, [taint], "vxlan")
    made = join(joining.plane, asked)
    assert made["metadata"]["name"] == "web1"
    assert made["metadata"]["labels"]["disk"] == "ssd"
    assert made["metadata"]["annotations"]["kctl.io/pod-network"] == "vxlan"
    assert taint in made["spec"]["taints"]
    assert ready(joining, "web1")[0] == "True"


def test_without_a_name_the_host_gives_it_and_a_second_one_gets_a_number(joining: Lab) -> None:
    assert join(joining.plane, Request("machine://1"))["metadata"]["name"] == "vm"
    assert join(joining.plane, Request("machine://2"))["metadata"]["name"] == "vm-2"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("machine://1", "again"), 'machine://1 is the host of node "web1" already'),
        (
            Request("alias:machine://1", "again"),
            'the Docker engine at alias:machine://1 is that of node "web1" already, which is '
            "reached at machine://1",
        ),
        (Request("nonsense", "web2"), "nonsense leads nowhere"),
        (Request("machine://2", "web1"), 'nodes "web1" already exists'),
        (Request("machine://2", "Web"), "metadata.name"),
        (Request("machine://2", "web2", {"a": "b@r"}), "metadata.labels"),
        (Request("machine://silent", "web2"), "no route to host"),
        (Request("machine://clash", "web2"), "overlaps with the network"),
    ],
)
def test_a_refused_join_leaves_nothing(
    joining: Lab, machines: Machines, request_: Request, words: str
) -> None:
    join(joining.plane, Request("machine://1", "web1"))
    machines.engine("machine://silent").faults.unreachable = "no route to host"
    clash = machines.engine("machine://clash")
    plain = clash.execute

    def execute(operation: Operation) -> Outcome:
        if isinstance(operation, PrepareNode):
            text = "the pod network overlaps with the network x"
            return Outcome(operation, False, 0.0, "NetworkNotReady", text)
        return plain(operation)

    clash.execute = execute  # type: ignore[method-assign]
    with pytest.raises(Exception, match=words) as raised:
        join(joining.plane, request_)
    assert type(raised.value).__name__ in ("CannotJoin", "ApiError")
    assert names(joining) == ["web1"]
    assert not clash.network and not machines.engine("machine://2").network
    assert machines.engine("machine://1").network


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"networks": ("10.98.200.7/24",)}, "overlaps with 10.98.200.0/24"),
        ({"networks": ("192.0.2.7/24", "10.0.0.1/8")}, "overlaps with 10.0.0.0/8"),
        ({"info": {"architecture": "s390x"}}, "s390x"),
        ({"info": {"operatingSystem": "windows"}}, "windows"),
    ],
)
def test_hosts_that_pods_cannot_run_on_are_refused(changes: Any, words: str) -> None:
    facts = dataclasses.replace(facts_of("vm"), **changes)
    with pytest.raises(CannotJoin, match=words):
        check_facts("machine://1", facts, "10.98.0.0/16")


def test_reads_do_not_look_again_for_a_node_that_was_just_refused(
    lab: Lab, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest(lab, "bad", "nonsense")
    lab.settle().remember()
    passes: list[object] = []
    monkeypatch.setattr("kctl.reconcile.after.after_write", passes.append)
    monkeypatch.setattr("kctl.store.reader.Reader.next_due", lambda self: None)
    with Reader.open(str(lab.plane.home / "kctl.db")) as reader:
        refresh(str(lab.plane.home), reader)
        assert not passes
        monkeypatch.setattr("kctl.reconcile.glance.REFUSED_SECONDS", 0.0)
        refresh(str(lab.plane.home), reader)
        assert len(passes) == 1
