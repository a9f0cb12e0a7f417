"""The load balancers of several nodes: what one does follows from what others were seen to
serve, and a pod goes only when nobody sends to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from kctl.api.settings import DEFAULTS
from kctl.controllers.loadbalancer import SLICES, LoadBalancerController
from kctl.controllers.types import Changes
from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.runtime.observations import FrontState, NodeObservation
from kctl.runtime.operations import ApplyFront, RemoveFront
from kctl.store.types import Key, Memo
from tests.unit.network.test_model import endpoint, endpoint_slice, service
from tests.unit.network.test_model_nodes import EACH, three

SETTINGS = {
    **DEFAULTS,
    "cluster-id": "abc",
    "cluster-cidr": "10.98.0.0/16",
    "service-cidr": "10.98.0.0/20",
    "dns-address": "10.98.0.10",
}
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class World:
    """Three nodes whose hosts do at once what they are told, unless they are held back."""

    def __init__(self, mode: str) -> None:
        self.objects: dict[str, list[dict[str, Any]]] = {
            "nodes": three(mode),
            "services": [service()],
            SLICES: [EACH],
        }
        self.seen = {name: NodeObservation(name, True, network=True) for name in ("n1", "n2", "n3")}
        self.memos: dict[str, Memo] = {}
        self.held: set[str] = set()
        """nodes whose operations wait"""
        self.now = START
        self.files: dict[tuple[str, str], str] = {}

    # --- the view ---

    def get(self, resource: str, namespace: str, name: str) -> dict[str, Any] | None:
        found = [each for each in self.objects[resource] if each["metadata"]["name"] == name]
        return found[0] if found else None

    def list(self, resource: str, namespace: str | None = None) -> Sequence[dict[str, Any]]:
        return self.objects[resource]

    def on_node(self, node: str) -> Sequence[dict[str, Any]]:
        return []

    def node(self, name: str) -> NodeObservation | None:
        return self.seen.get(name)

    def in_flight(self, uid: str) -> bool:
        return uid.split("/")[1] in self.held

    def recall(self, key: str) -> Memo | None:
        return self.memos.get(key)

    def setting(self, name: str) -> str:
        return SETTINGS[name]

    # --- what happens ---

    def pass_(self, *names: str) -> Changes:
        """One sync of some nodes, and what their hosts then do."""
        keys = [Key("nodes", "", name) for name in names]
        controller = LoadBalancerController((HAProxyLoadBalancer(),))
        changes = controller.sync(keys, self, self.now)  # type: ignore[arg-type]
        for name, memo in changes.memos.items():
            if memo is None:
                self.memos.pop(name, None)
            else:
                self.memos[name] = memo
        self.now += timedelta(seconds=0.1)
        for operation in changes.operations:
            assert isinstance(operation, ApplyFront | RemoveFront)
            assert self.seen[operation.node].reachable
            if operation.node in self.held:
                continue
            fronts = dict(self.seen[operation.node].fronts)
            if isinstance(operation, ApplyFront):
                front = operation.front
                fronts[front.name] = FrontState(front.name, True, front.digest)
                self.files[operation.node, front.name] = next(iter(front.files.values())).decode()
            else:
                fronts.pop(operation.name, None)
            self.seen[operation.node] = replace(self.seen[operation.node], fronts=fronts)
        return changes

    def settle(self) -> None:
        """Passes as the real one makes them: for nodes that were seen to change, and for
        those that asked to be looked at again."""
        names = {"n1", "n2", "n3"}
        for _ in range(20):
            before = dict(self.seen)
            changes = self.pass_(*sorted(names))
            now = self.now.timestamp()
            names = {name for name in self.seen if self.seen[name] != before[name]}
            names |= {key.name for key, at in changes.requeues if at <= now}
            if not names:
                return
        raise AssertionError("not settled")

    def rotation(self, node: str) -> set[str]:
        return set(json.loads(self.memos[f"rotation/{node}"].value))

    def known(self, kind: str, node: str) -> dict[str, int]:
        found: dict[str, int] = json.loads(self.memos[f"{kind}/{node}"].value)
        return found

    def servers(self, node: str) -> list[str]:
        """The addresses behind the service in the pod network of a node."""
        _, _, section = self.files[node, "lb"].partition("listen default.web.80\n")
        lines = [line.split() for line in section.split("\n\n")[0].splitlines()]
        return [line[2] for line in lines if line[0] == "server"]


def test_a_node_is_watched_by_the_others_from_when_it_serves() -> None:
    world = World("route")
    world.held = {"n2"}
    world.settle()
    assert "track kctl-peers/n3" in world.files["n1", "lb"]
    assert "track kctl-peers/n2" not in world.files["n1", "lb"]
    assert "10.98.17.10:8080" in world.servers("n1"), "it is tried all the same"
    world.held = set()
    world.pass_("n2")
    world.settle()
    assert "track kctl-peers/n2" in world.files["n1", "lb"]


def test_a_node_that_does_not_answer_is_told_nothing_and_stays_watched() -> None:
    world = World("route")
    world.settle()
    world.seen["n2"] = replace(world.seen["n2"], reachable=False)
    world.settle()
    assert "track kctl-peers/n2" in world.files["n1", "lb"]


def test_pods_are_relayed_to_once_their_node_was_seen_to_relay() -> None:
    world = World("published")
    world.held = {"n2"}
    world.settle()
    assert world.servers("n1") == ["10.98.16.10:8080", "192.0.2.13:29001"]
    assert world.rotation("n1") == {"10.98.16.10:8080", "10.98.18.10:8080"}
    world.held = set()
    world.settle()
    assert world.servers("n1") == ["10.98.16.10:8080", "192.0.2.12:29001", "192.0.2.13:29001"]
    assert "listen kctl-relay.29001" in world.files["n2", "edge"]
    assert world.pass_("n1", "n2", "n3") == Changes()


def test_a_relay_stays_until_nobody_sends_to_it_and_its_port_is_not_given_again() -> None:
    world = World("published")
    world.settle()
    assert world.known("relays", "n2") == {"": 29000, "10.98.17.10:8080": 29001}
    world.held = {"n1"}
    world.objects[SLICES] = [
        endpoint_slice(
            endpoint("10.98.16.10", "web-a"),
            endpoint("10.98.17.11", "web-d", nodeName="n2"),
            endpoint("10.98.18.10", "web-c", nodeName="n3"),
        )
    ]
    world.settle()
    assert "10.98.17.10:8080" in world.rotation("n1"), "its front was not brought on yet"
    assert world.known("relays", "n2") == {
        "": 29000,
        "10.98.17.10:8080": 29001,
        "10.98.17.11:8080": 29002,
    }
    assert "10.98.17.10:8080" in world.rotation("n2"), "the relay itself still leads there"
    world.held = set()
    world.settle()
    assert world.known("relays", "n2") == {"": 29000, "10.98.17.11:8080": 29002}
    for node in ("n1", "n2", "n3"):
        assert world.rotation(node) == {
            "10.98.16.10:8080",
            "10.98.17.11:8080",
            "10.98.18.10:8080",
        }
    assert "192.0.2.12:29002" in world.servers("n1")


def test_a_node_that_does_not_answer_holds_back_no_relay() -> None:
    world = World("published")
    world.settle()
    world.seen["n1"] = replace(world.seen["n1"], reachable=False)
    world.objects[SLICES] = [endpoint_slice(endpoint("10.98.18.10", "web-c", nodeName="n3"))]
    world.settle()
    assert world.known("relays", "n2") == {"": 29000}


def test_a_node_that_left_is_forgotten_by_the_others() -> None:
    world = World("published")
    world.settle()
    world.objects["nodes"].pop(1)
    world.objects[SLICES] = [
        endpoint_slice(endpoint("10.98.16.10", "a"), endpoint("10.98.18.10", "c", nodeName="n3"))
    ]
    world.settle()
    assert world.servers("n1") == ["10.98.16.10:8080", "192.0.2.13:29001"]
    assert "192.0.2.12" not in world.files["n1", "lb"] + world.files["n1", "edge"]
    assert not [name for name in world.memos if name.endswith("/n2")]


def test_a_network_that_allows_routes_at_last_ends_the_relays() -> None:
    world = World("published")
    world.settle()
    for node in world.objects["nodes"]:
        node["metadata"]["annotations"]["kctl.io/pod-network"] = "route"
    world.settle()
    assert world.servers("n1") == ["10.98.16.10:8080", "10.98.17.10:8080", "10.98.18.10:8080"]
    assert "relays/n2" not in world.memos
    assert "edge" not in world.seen["n2"].fronts


def test_a_port_that_another_program_holds_costs_that_port_alone() -> None:
    world = World("route")
    world.settle()
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    world.objects["services"] = [service(type="NodePort", ports=ports, externalIPs=["192.0.2.11"])]
    world.held = {"n1"}
    world.settle()
    text = "port 80 is taken by another program (192.0.2.11:80): cannot bind socket"
    failed = FrontState("edge", False, error=text)
    fronts = {**world.seen["n1"].fronts, "edge": failed}
    world.seen["n1"] = replace(world.seen["n1"], fronts=fronts)
    world.held = set()
    changes = world.pass_("n1")
    assert [each.reason for each in changes.events] == ["PortTaken"]
    assert changes.events[0].message.startswith("192.0.2.11:80 is held by another program")
    world.settle()
    assert "bind 192.0.2.11:30080" in world.files["n1", "edge"]
    assert "bind 192.0.2.11:80\n" not in world.files["n1", "edge"]
    world.now += timedelta(seconds=301)
    world.settle()
    assert "bind 192.0.2.11:80\n" in world.files["n1", "edge"]
