"""Cluster roles that collect the rules of others, by the controller and by value."""

from __future__ import annotations

from typing import Any

from kctl.api.authorization.aggregation import settle
from kctl.api.authorization.bootstrap import ROLES
from kctl.api.kinds.plugin import kctl_kinds
from kctl.controllers.clusterroleaggregation import ClusterRoleAggregationController
from kctl.reconcile.clock import SystemClock
from kctl.store.types import Key
from tests.unit.authorization.roles import Object, role, rule


def collector(name: str, label: str, *, own: str = "") -> Object:
    selectors = [{"matchLabels": {label: "true"}}]
    metadata = {"labels": {own: "true"}} if own else {}
    aggregation = {"clusterRoleSelectors": selectors}
    return role(name, metadata=metadata, aggregationRule=aggregation)


def labelled(name: str, label: str, *rules: Object) -> Object:
    return role(name, *rules, metadata={"labels": {label: "true"}})


def rules_of(roles: list[Object]) -> dict[str, Any]:
    return {each["metadata"]["name"]: each["rules"] for each in settle(roles)}


def test_rules_come_by_the_names_of_their_roles_and_once() -> None:
    first, second = rule("get", "pods"), rule("get", "nodes")
    roles = [
        collector("all", "x"),
        labelled("b", "x", second, first),
        labelled("a", "x", first),
        labelled("c", "y", rule("*", "*")),
    ]
    assert rules_of(roles) == {"all": [first, second]}


def test_what_one_collects_another_collects_too() -> None:
    roles = [
        collector("outer", "out"),
        collector("inner", "in", own="out"),
        labelled("leaf", "in", rule("get", "pods")),
    ]
    assert rules_of(roles) == {name: [rule("get", "pods")] for name in ("inner", "outer")}


def test_two_that_collect_each_other_come_to_an_end() -> None:
    roles = [
        collector("a", "x", own="y"),
        collector("b", "y", own="x"),
        labelled("leaf", "x", rule("get", "pods")),
    ]
    assert rules_of(roles) == {name: [rule("get", "pods")] for name in ("a", "b")}


def test_a_settled_world_changes_nothing() -> None:
    roles = [collector("all", "x"), labelled("a", "x", rule("get", "pods"))]
    settled = [*settle(roles), roles[1]]
    assert settle(settled) == []


class _View:
    """As much of a view as this controller reads."""

    def __init__(self, roles: list[Object]) -> None:
        self.roles = {each["metadata"]["name"]: each for each in roles}

    def list(self, resource: str) -> list[Object]:
        return list(self.roles.values()) if resource == ROLES else []

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        return self.roles.get(name) if resource == ROLES else None


def test_the_controller_fills_what_a_change_touches() -> None:
    controller = ClusterRoleAggregationController()
    leaf = labelled("leaf", "x", rule("get", "pods"))
    view: Any = _View([collector("all", "x"), leaf])
    keys = list(controller.watches[ROLES](leaf, view))
    assert keys == [Key(ROLES, "", "all")]
    changes = controller.sync(keys, view, SystemClock().now())
    ((written, subresource),) = changes.updates
    assert (written["rules"], subresource) == ([rule("get", "pods")], "")
    view.roles["all"] = written
    assert controller.sync(keys, view, SystemClock().now()).updates == []


def test_the_controller_empties_what_lost_its_roles() -> None:
    view: Any = _View([{**collector("all", "x"), "rules": [rule("get", "pods")]}])
    changes = ClusterRoleAggregationController().sync(
        [Key(ROLES, "", "all")], view, SystemClock().now()
    )
    assert changes.updates[0][0]["rules"] is None


def test_aggregated_roles_are_served_kinds() -> None:
    assert ROLES in {each.resource for each in kctl_kinds()}
