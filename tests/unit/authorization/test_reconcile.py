"""`auth reconcile`: roles and bindings are widened, and narrowed where that is asked for."""

from __future__ import annotations

import pytest

from kctl.api.authorization import reconcile
from kctl.api.authorization.policy import AUTOUPDATE
from kctl.api.authorization.rules import missing
from tests.unit.authorization.roles import Object, binding, group, role, rule, user

PODS, NODES = rule("get", "pods"), rule("get", "nodes")


def test_what_is_not_there_is_made() -> None:
    done = reconcile.role(None, role("r", PODS), narrow=False)
    assert (done.operation, done.missing_rules) == (reconcile.CREATE, [PODS])


def test_what_is_right_stays() -> None:
    done = reconcile.role(role("r", PODS, NODES), role("r", PODS), narrow=False)
    assert done.operation == reconcile.NONE
    assert done.extra_rules == [NODES]


@pytest.mark.parametrize(("narrow", "after"), [(False, [PODS, NODES]), (True, [NODES])])
def test_a_role_gets_what_it_lacks(narrow: bool, after: list[Object]) -> None:
    done = reconcile.role(role("r", PODS), role("r", NODES), narrow=narrow)
    assert done.operation == reconcile.UPDATE
    assert done.obj["rules"] == after


def test_a_rule_that_is_covered_is_not_missing() -> None:
    done = reconcile.role(role("r", rule("*", "*")), role("r", PODS), narrow=False)
    assert done.operation == reconcile.NONE
    assert missing(done.obj["rules"], [PODS]) == []


def test_labels_that_are_there_win() -> None:
    old = role("r", PODS, metadata={"labels": {"a": "old"}})
    new = role("r", PODS, metadata={"labels": {"a": "new", "b": "new"}})
    done = reconcile.role(old, new, narrow=False)
    assert done.operation == reconcile.UPDATE
    assert done.obj["metadata"]["labels"] == {"a": "old", "b": "new"}


def test_an_aggregated_role_keeps_its_rules_and_gets_selectors() -> None:
    one, two = ({"matchLabels": {"a": each}} for each in "12")
    old = role("r", PODS, aggregationRule={"clusterRoleSelectors": [one]})
    new = role("r", aggregationRule={"clusterRoleSelectors": [two]})
    done = reconcile.role(old, new, narrow=False)
    assert done.obj["aggregationRule"] == {"clusterRoleSelectors": [one, two]}
    assert done.obj["rules"] == [PODS]
    done = reconcile.role(old, new, narrow=True)
    assert done.obj["aggregationRule"] == {"clusterRoleSelectors": [two]}


@pytest.mark.parametrize("narrow", [False, True])
def test_a_binding_gets_the_subjects_that_it_lacks(narrow: bool) -> None:
    old = binding("b", "ClusterRole/r", user("a"), group("g"))
    new = binding("b", "ClusterRole/r", user("a"), user("c"))
    done = reconcile.binding(old, new, narrow=narrow)
    assert (done.missing_subjects, done.extra_subjects) == ([user("c")], [group("g")])
    kept = [] if narrow else [group("g")]
    assert done.obj["subjects"] == [user("a"), *kept, user("c")]


def test_a_binding_to_another_role_is_made_anew() -> None:
    done = reconcile.binding(
        binding("b", "ClusterRole/r"), binding("b", "ClusterRole/s"), narrow=False
    )
    assert done.operation == reconcile.RECREATE


def test_an_object_that_opted_out_is_protected() -> None:
    old = role("r", metadata={"annotations": {AUTOUPDATE: "false"}})
    assert reconcile.role(old, role("r", PODS), narrow=False).protected
