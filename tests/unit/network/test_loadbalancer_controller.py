from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kctl.controllers.loadbalancer import SLICES, LoadBalancerController
from kctl.controllers.types import Changes
from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.types import Front, LoadBalancer, Model
from kctl.runtime.observations import FrontState, NodeObservation
from kctl.runtime.operations import ApplyFront, RemoveFront
from kctl.store.types import Key, Memo
from tests.unit.network.test_model import NODE, SETTINGS, TWO, endpoint, endpoint_slice, service

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = Key("nodes", "", "n1")
OBJECTS: dict[str, list[dict[str, Any]]] = {
    "nodes": [NODE],
    "services": [service()],
    SLICES: [TWO],
}
ALL = {
    **SETTINGS,
    "cluster-id": "abc",
    "cluster-cidr": "10.98.0.0/16",
    "load-balancer": "haproxy",
    "relay-port-range": "29000-29999",
    "node-port-range": "30000-32767",
}


class World:
    """A view of plain values, and what the controller asked for in it."""

    def __init__(self, **settings: str) -> None:
        self.objects = {name: list(each) for name, each in OBJECTS.items()}
        self.pods: list[dict[str, Any]] = []
        self.memos: dict[str, Memo] = {}
        self.seen: NodeObservation | None = NodeObservation("n1", True, network=True)
        self.busy = False
        self.settings = {**ALL, **settings}
        self.now = NOW

    # --- the view ---

    def get(self, resource: str, namespace: str, name: str) -> dict[str, Any] | None:
        found = [each for each in self.objects[resource] if each["metadata"]["name"] == name]
        return found[0] if found else None

    def list(self, resource: str, namespace: str | None = None) -> Sequence[dict[str, Any]]:
        return self.objects[resource]

    def on_node(self, node: str) -> Sequence[dict[str, Any]]:
        return self.pods

    def node(self, name: str) -> NodeObservation | None:
        return self.seen

    def in_flight(self, uid: str) -> bool:
        return self.busy and uid == "node/n1"

    def recall(self, key: str) -> Memo | None:
        return self.memos.get(key)

    def setting(self, name: str) -> str:
        return self.settings[name]

    # --- what happens ---

    def sync(self, back_ends: Sequence[LoadBalancer] = (HAProxyLoadBalancer(),)) -> Changes:
        changes = LoadBalancerController(back_ends).sync([KEY], self, self.now)  # type: ignore[arg-type]
        for name, memo in changes.memos.items():
            if memo is None:
                self.memos.pop(name, None)
            else:
                self.memos[name] = memo
        return changes

    def run(self, changes: Changes, *, error: str = "") -> None:
        """The runtime executes what was asked for; each front fails where there is an error."""
        assert self.seen is not None
        fronts = dict(self.seen.fronts)
        for operation in changes.operations:
            if isinstance(operation, ApplyFront):
                front, old = operation.front, fronts.get(operation.front.name)
                served = (old.digest if old else "") if error else front.digest
                fronts[front.name] = FrontState(front.name, bool(served), served, error=error)
            elif isinstance(operation, RemoveFront):
                del fronts[operation.name]
        self.seen = replace(self.seen, fronts=fronts)
        self.now += timedelta(seconds=0.1)

    def rotation(self) -> list[str]:
        found: list[str] = json.loads(self.memos["rotation/n1"].value)
        return found


def applied(changes: Changes) -> list[str]:
    return [each.front.name for each in changes.operations if isinstance(each, ApplyFront)]


def test_a_node_gets_its_fronts_in_their_order_and_then_there_is_nothing_to_do() -> None:
    world = World()
    changes = world.sync()
    assert applied(changes) == ["lb", "dns"]
    (first, *_) = changes.operations
    assert isinstance(first, ApplyFront)
    assert (first.network.name, first.network.gateway) == ("kctl-abc", "10.98.16.1")
    world.run(changes)
    world.sync()
    settled = world.sync()
    assert settled == Changes()
    assert world.rotation() == ["10.98.16.10:8080", "10.98.16.11:8080"]
    assert set(world.memos) == {"model/n1", "reach/n1", "rotation/n1"}


def test_the_rotation_holds_old_and_new_until_the_new_one_is_served() -> None:
    world = World()
    world.run(world.sync())
    world.sync()
    world.objects[SLICES] = [endpoint_slice(endpoint("10.98.16.12", "web-c"))]
    changes = world.sync()
    everything = ["10.98.16.10:8080", "10.98.16.11:8080", "10.98.16.12:8080"]
    assert world.rotation() == everything
    world.busy = True
    world.sync()
    assert world.rotation() == everything
    world.busy = False
    world.run(changes)
    world.sync()
    assert world.rotation() == ["10.98.16.12:8080"]


def test_what_is_asked_for_in_one_compute_is_asked_for_once() -> None:
    world = World()
    world.sync()
    assert world.sync().operations == []


def test_a_newer_configuration_is_asked_for_even_in_the_same_compute() -> None:
    world = World()
    world.sync()
    world.objects[SLICES] = [endpoint_slice(endpoint("10.98.16.12", "web-c"))]
    assert applied(world.sync()) == ["lb"]


def test_nothing_is_asked_for_while_the_last_operation_runs() -> None:
    world = World()
    world.busy = True
    assert world.sync().operations == []


def test_a_failure_is_said_once_a_try_and_tried_again_ever_later() -> None:
    world = World()
    error = "port 80 is taken by another program (10.98.0.20:80)"
    world.run(world.sync(), error=error)
    failed = world.sync()
    assert [(event.type, event.reason) for event in failed.events] == [
        ("Warning", "LoadBalancerFailed")
    ] * 2
    assert error in failed.events[0].message
    assert failed.operations == []
    assert failed.requeues == [(KEY, (NOW + timedelta(seconds=1)).timestamp())] * 2
    assert world.sync().events == []
    delays = []
    for _ in range(8):
        (again, *_) = [at for _, at in world.sync().requeues]
        delays.append(round(again - world.now.timestamp() + 0.1))
        world.now = datetime.fromtimestamp(again, UTC)
        world.run(world.sync(), error=error)
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]
    assert world.rotation() == ["10.98.16.10:8080", "10.98.16.11:8080"]


def test_an_edge_that_is_not_wanted_any_more_is_removed() -> None:
    world = World()
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    world.objects["services"] = [service(type="NodePort", ports=ports)]
    changes = world.sync()
    assert applied(changes) == ["lb", "dns", "edge"]
    world.run(changes)
    world.sync()
    world.objects["services"] = [service()]
    world.objects[SLICES] = [endpoint_slice(endpoint("10.98.16.12", "web-c"))]
    removed = world.sync()
    assert removed.operations[0] == RemoveFront("n1", "edge")
    assert "10.98.16.10:8080" in world.rotation(), "the edge still leads there"
    world.run(removed)
    world.sync()
    assert world.rotation() == ["10.98.16.12:8080"]


def test_a_front_that_stopped_is_applied_again() -> None:
    world = World()
    world.run(world.sync())
    world.sync()
    assert world.seen is not None
    stopped = replace(world.seen.fronts["lb"], running=False)
    world.seen = replace(world.seen, fronts={**world.seen.fronts, "lb": stopped})
    assert applied(world.sync()) == ["lb"]


def test_an_idle_node_of_an_empty_cluster_runs_nothing_until_a_pod_comes() -> None:
    world = World()
    own = service("kubernetes")
    world.objects["services"] = [own]
    assert world.sync().operations == []
    assert world.sync() == Changes()
    world.pods = [{"metadata": {"name": "p"}}]
    assert applied(world.sync()) == ["lb", "dns"]
    world.pods = []
    assert "rotation/n1" in world.memos


@pytest.mark.parametrize(
    "seen",
    [None, NodeObservation("n1", False, network=True), NodeObservation("n1", True)],
    ids=["never seen", "unreachable", "without a pod network"],
)
def test_a_node_that_cannot_run_fronts_is_left_alone(seen: NodeObservation | None) -> None:
    world = World()
    world.seen = seen
    assert world.sync().operations == []
    assert world.sync() == Changes()


def test_an_unknown_back_end_is_named_and_what_runs_stays() -> None:
    world = World(**{"load-balancer": "nope"})
    changes = world.sync()
    assert changes.operations == []
    (event,) = changes.events
    assert event.message == 'load balancer "nope" is not installed; there are: haproxy'


def test_another_back_end_takes_the_place_of_the_built_in_one() -> None:
    class Other:
        name = "other"

        def fronts(self, model: Model) -> list[Front]:
            return [Front("other", "image", ("serve",), "pod", endpoints=frozenset({"a:1"}))]

    world = World(**{"load-balancer": "other"})
    world.seen = NodeObservation(
        "n1", True, network=True, fronts={"lb": FrontState("lb", True, "x")}
    )
    changes = world.sync([HAProxyLoadBalancer(), Other()])
    assert [type(each).__name__ for each in changes.operations] == ["RemoveFront", "ApplyFront"]


def test_what_is_not_served_is_an_event_on_the_service_once() -> None:
    world = World()
    world.objects["services"] = [service(ports=[{"port": 53, "protocol": "UDP"}])]
    (event,) = world.sync().events
    assert (event.regarding["metadata"]["name"], event.reason) == ("web", "UnsupportedProtocol")
    assert world.sync().events == []
    world.objects["services"] = [service()]
    world.sync()
    assert "unserved" not in world.memos


def test_a_node_that_is_gone_is_forgotten() -> None:
    world = World()
    world.sync()
    world.objects["nodes"] = []
    world.sync()
    assert "rotation/n1" not in world.memos


def test_only_the_first_pod_of_a_node_matters() -> None:
    world = World()
    watch = LoadBalancerController([]).watches["pods"]
    pod = {"spec": {"nodeName": "n1"}}
    assert list(watch(pod, world)) == [KEY]  # type: ignore[arg-type]
    world.memos["rotation/n1"] = Memo("[]")
    assert list(watch(pod, world)) == []  # type: ignore[arg-type]
    assert list(watch({"spec": {}}, world)) == []  # type: ignore[arg-type]
