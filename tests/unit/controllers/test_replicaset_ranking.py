"""Which pod goes first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.controllers.replicaset_ranking import DELETION_COST, deletion_cost, to_delete
from tests.unit.controllers.objects import Object

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def _pod(
    name: str,
    *,
    node: str = "n",
    phase: str = "Running",
    ready: str | None = "2025-12-31T00:00:00Z",
    cost: str | None = None,
    restarts: int = 0,
    created: str = "2025-12-31T00:00:00Z",
) -> Object:
    status: dict[str, Any] = {"phase": phase, "containerStatuses": [{"restartCount": restarts}]}
    if ready is not None:
        status["conditions"] = [{"type": "Ready", "status": "True", "lastTransitionTime": ready}]
    annotations = {} if cost is None else {DELETION_COST: cost}
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": created,
            "annotations": annotations,
        },
        "spec": {"nodeName": node} if node else {},
        "status": status,
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_pod("z", node=""), _pod("a", phase="Pending")),
        (_pod("z", phase="Pending"), _pod("a", phase="Unknown")),
        (_pod("z", phase="Unknown"), _pod("a")),
        (_pod("z", ready=None), _pod("a")),
        (_pod("z", cost="-5"), _pod("a")),
        (_pod("z"), _pod("a", cost="10")),
        (_pod("z", ready=None), _pod("a", cost="-100")),
        (_pod("z", ready="2025-12-31T23:59:00Z"), _pod("a")),
        (_pod("z", restarts=3), _pod("a", restarts=1)),
        (_pod("z", created="2025-12-31T23:59:00Z"), _pod("a")),
        (_pod("a"), _pod("z")),
    ],
)
def test_the_first_goes_before_the_second(first: Object, second: Object) -> None:
    assert to_delete([second, first], [first, second], 1, NOW) == [first]


def test_times_of_one_magnitude_count_as_equal() -> None:
    one = _pod("a", ready="2025-12-31T00:00:00Z")
    younger = _pod("z", ready="2025-12-31T00:10:00Z")
    assert to_delete([younger, one], [one, younger], 1, NOW) == [one]


def test_the_crowded_node_loses_first_and_relatives_crowd_too() -> None:
    here, there, relative = _pod("a", node="x"), _pod("b", node="y"), _pod("c", node="y")
    assert to_delete([here, there], [here, there, relative], 1, NOW) == [there]


@pytest.mark.parametrize(("text", "cost"), [("5", 5), ("-1", -1), ("x", 0), (str(2**40), 0)])
def test_costs_that_are_no_numbers_count_as_nothing(text: str, cost: int) -> None:
    assert deletion_cost(_pod("a", cost=text)) == cost


@given(
    st.lists(st.tuples(st.sampled_from(["", "x", "y"]), st.booleans()), max_size=8),
    st.integers(0, 10),
)
def test_no_ready_pod_goes_while_one_that_is_not_ready_stays(
    drawn: list[tuple[str, bool]], count: int
) -> None:
    pods = [
        _pod(f"p{i}", node=node, ready="2025-12-31T00:00:00Z" if ready and node else None)
        for i, (node, ready) in enumerate(drawn)
    ]
    gone = to_delete(pods, pods, count, NOW)
    assert len(gone) == min(count, len(pods))
    stays = [each for each in pods if each not in gone]
    if any("conditions" in each["status"] for each in gone):
        assert all("conditions" in each["status"] for each in stays)
