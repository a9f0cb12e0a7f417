"""Which way leads to the pods of other nodes, from what the load balancers say of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kctl.controllers.pod_network_ways import PATIENCE, PodNetworkController
from kctl.controllers.types import Changes
from kctl.network.ways import FOUND_ANNOTATION, MODE_ANNOTATION, way
from kctl.runtime.observations import FrontState, NodeObservation
from kctl.store.types import Key, Memo
from tests.unit.network.test_fabric_front import node

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class World:
    """Nodes n1, n2, ...; which pairs carry traffic over which ways decides `carries`."""

    def __init__(self, *nodes: dict[str, Any], setting: str = "auto") -> None:
        self.nodes = {each["metadata"]["name"]: each for each in nodes}
        self.memos: dict[str, Memo] = {}
        self.settings = {"pod-network": setting}
        self.now = START
        self.broken: set[tuple[str, str, str]] = set()
        """(node, node, way) that carry nothing"""
        self.down: set[str] = set()
        """nodes whose load balancer does not run"""
        self.look_age = 0.0
        """seconds since the look that an outcome added its report to"""
        self.events: list[str] = []
        self.writes = 0

    def get(self, resource: str, namespace: str, name: str) -> dict[str, Any] | None:
        return self.nodes.get(name)

    def list(self, resource: str, namespace: str | None = None) -> Sequence[dict[str, Any]]:
        return list(self.nodes.values())

    def node(self, name: str) -> NodeObservation:
        here = self.nodes[name]
        said = [
            f"{other}={int(not self._silent(here, self.nodes[other]))}"
            for other in self.nodes
            if other != name
        ]
        fronts = {
            "lb": FrontState("lb", name not in self.down, "digest", report=" ".join(said) + " "),
            "net": FrontState("net", True, "digest"),
        }
        at = self.now.timestamp() - self.look_age
        return NodeObservation(name, True, at=at, fronts=fronts, network=True)

    def _silent(self, here: dict[str, Any], there: dict[str, Any]) -> bool:
        one, other = here["metadata"]["name"], there["metadata"]["name"]
        used = way(here, there)
        pairs = {(one, other, used), (other, one, used)}
        return bool(pairs & self.broken) or bool({one, other} & self.down)

    def recall(self, key: str) -> Memo | None:
        return self.memos.get(key)

    def setting(self, name: str) -> str:
        return self.settings[name]

    def turn(self) -> None:
        for name in list(self.nodes):
            changes = PodNetworkController().sync([Key("nodes", "", name)], self, self.now)  # type: ignore[arg-type]
            self._take(changes)

    def _take(self, changes: Changes) -> None:
        for key, memo in changes.memos.items():
            if memo is None:
                self.memos.pop(key, None)
            else:
                self.memos[key] = memo
        for obj, part in changes.updates:
            known = self.nodes[obj["metadata"]["name"]]
            parts = ("status",) if part else ("metadata",)
            known.update({each: obj[each] for each in parts})
            self.writes += 1
        self.events += [event.reason for event in changes.events]

    def run(self, seconds: float = 3 * PATIENCE) -> None:
        for _ in range(int(seconds)):
            self.now += timedelta(seconds=1)
            self.turn()

    def found(self) -> dict[str, str]:
        return {
            name: mode
            for name, each in self.nodes.items()
            if (mode := each["metadata"]["annotations"].get(FOUND_ANNOTATION))
        }

    def said(self, name: str) -> str:
        (condition,) = self.nodes[name]["status"]["conditions"]
        assert condition["type"] == "NetworkUnavailable" and condition["status"] == "False"
        return str(condition["message"])


def three(**settings: str) -> World:
    return World(node(1), node(2), node(3), **settings)


def test_a_way_that_carries_traffic_is_kept_and_shown() -> None:
    world = three()
    world.run()
    assert world.found() == {}
    assert world.said("n1") == "pods of n2 and n3 are reached over a route"


def test_a_settled_world_is_not_written_to() -> None:
    world = three()
    world.run()
    world.writes = 0
    world.run()
    assert world.writes == 0


def test_a_node_whose_network_drops_foreign_addresses_steps_down_alone() -> None:
    world = three()
    world.broken = {("n1", "n3", "route"), ("n2", "n3", "route")}
    world.run()
    assert world.found() == {"n3": "vxlan"}
    assert world.events == ["PodNetworkDegraded"]
    assert world.said("n1") == (
        "pods of n2 are reached over a route; pods of n3 are reached over VXLAN"
    )


def test_what_a_load_balancer_says_first_is_no_answer_however_old_the_last_look_is() -> None:
    """It believes in the others until some questions went without an answer."""
    world = World(node(1), node(2))
    world.look_age = PATIENCE + 2
    world.turn()
    world.look_age = 0.0
    world.run(1)
    world.broken = {("n1", "n2", "route")}
    world.run()
    assert len(world.found()) == 1


def test_one_silent_moment_gives_no_way_up_however_old_the_last_look_is() -> None:
    world = World(node(1), node(2))
    world.broken = {("n1", "n2", "route")}
    world.look_age = PATIENCE + 2
    world.turn()
    world.look_age = 0.0
    world.run(1)
    world.broken = set()
    world.run()
    assert world.found() == {}


def test_of_two_nodes_one_steps_down_and_both_use_the_other_way() -> None:
    world = World(node(1), node(2))
    world.broken = {("n1", "n2", "route")}
    world.run()
    assert world.found() == {"n1": "vxlan"}
    assert world.said("n2") == "pods of n1 are reached over VXLAN"


def test_where_nothing_passes_ports_are_published() -> None:
    world = World(node(1), node(2, "198.51.100.2/24"))
    world.broken = {("n1", "n2", "route"), ("n1", "n2", "vxlan")}
    world.run()
    assert set(world.found().values()) == {"published"}
    assert world.said("n1") == "pods of n2 are reached through ports of their nodes"


def test_a_cable_that_is_cut_later_changes_no_way() -> None:
    world = three()
    world.run()
    world.broken = {("n1", "n2", "route"), ("n1", "n3", "route")}
    world.run(10 * PATIENCE)
    assert world.found() == {}


def test_an_answer_that_is_only_believed_at_first_is_none() -> None:
    world = World(node(1), node(2))
    world.run(2)
    world.broken = {("n1", "n2", "route")}
    world.run()
    assert world.found() == {"n1": "vxlan"}


def test_a_node_without_a_load_balancer_is_not_judged() -> None:
    world = three()
    world.down = {"n3"}
    world.run()
    assert world.found() == {}
    world.down = set()
    world.run()
    assert world.found() == {}


def test_what_the_owner_says_is_left_alone() -> None:
    world = World(node(1, **{MODE_ANNOTATION: "route"}), node(2, **{MODE_ANNOTATION: "route"}))
    world.broken = {("n1", "n2", "route")}
    world.run(5 * PATIENCE)
    assert world.found() == {}
    assert "n2 did not answer yet" in world.said("n1")


def test_where_the_other_nodes_way_is_its_owners_this_one_steps_down() -> None:
    world = World(node(1), node(2, **{MODE_ANNOTATION: "route"}))
    world.broken = {("n1", "n2", "route")}
    world.run()
    assert world.found() == {"n1": "vxlan"}


@pytest.mark.parametrize("mode", ["route", "vxlan", "published"])
def test_the_setting_counts_for_all_nodes_until_it_is_taken_back(mode: str) -> None:
    world = three()
    world.run(2)
    world.settings["pod-network"] = mode
    world.run(2)
    assert world.found() == {"n1": mode, "n2": mode, "n3": mode}
    assert world.said("n1")  # and nothing is being tried out
    world.settings["pod-network"] = "auto"
    world.run()
    assert world.found() == {}


def test_a_node_that_moved_to_another_network_is_looked_at_anew() -> None:
    world = World(node(1), node(2))
    world.broken = {("n1", "n2", "route")}
    world.run()
    world.broken = set()
    for number in (1, 2):
        annotations = world.nodes[f"n{number}"]["metadata"]["annotations"]
        annotations["kctl.io/address"] = f"203.0.113.{number}/24"
    world.run()
    assert world.found() == {}


def test_a_node_that_left_is_forgotten() -> None:
    world = World(node(1), node(2))
    world.run()
    del world.nodes["n2"]
    changes = PodNetworkController().sync([Key("nodes", "", "n2")], world, world.now)  # type: ignore[arg-type]
    assert changes.memos == {"ways/n2": None}
    world.run(1)
    assert world.nodes["n1"]["status"]["conditions"] == []
