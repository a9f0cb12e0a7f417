"""The arithmetic of rollouts, with Kubernetes' rounding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.controllers import deployment_replicas as replicas
from tests.unit.controllers.objects import Object, deployment


@pytest.mark.parametrize(
    ("count", "surge", "unavailable", "expected"),
    [
        (3, "25%", "25%", (1, 0)),
        (4, "25%", "25%", (1, 1)),
        (10, "25%", "25%", (3, 2)),
        (1, "25%", "25%", (1, 0)),
        (10, 0, "5%", (0, 1)),
        (10, "0%", "0%", (0, 1)),
        (10, 2, 3, (2, 3)),
        (10, "100%", "100%", (10, 10)),
        (0, "25%", "25%", (0, 1)),
    ],
)
def test_surge_rounds_up_and_unavailable_down(
    count: int, surge: int | str, unavailable: int | str, expected: tuple[int, int]
) -> None:
    one = deployment(replicas=count, surge=surge, unavailable=unavailable)
    assert replicas.fenceposts(one) == expected


def test_never_more_unavailable_than_replicas() -> None:
    assert replicas.max_unavailable(deployment(replicas=2, surge=0, unavailable=5)) == 2
    assert replicas.max_unavailable(deployment(replicas=0, surge=0, unavailable=5)) == 0


def test_recreate_has_neither() -> None:
    one = deployment(strategy={"type": "Recreate"})
    assert (replicas.max_surge(one), replicas.max_unavailable(one)) == (0, 0)


def _set(name: str, size: int, created: int, most: int | None = None) -> Object:
    annotations = {} if most is None else {replicas.MAX: str(most)}
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": f"2026-01-01T00:00:{created:02}Z",
            "annotations": annotations,
        },
        "spec": {"replicas": size},
        "status": {},
    }


def test_a_change_of_size_is_shared_in_proportion() -> None:
    one = deployment(replicas=15, surge=3, unavailable=2) | {"status": {"replicas": 13}}
    shares = replicas.shares(one, [_set("old", 8, 1, 13), _set("new", 5, 2, 13)])
    assert shares == {"old": 11, "new": 7}


def test_scaling_to_nothing_empties_every_set() -> None:
    one = deployment(replicas=0, surge=3, unavailable=2) | {"status": {"replicas": 13}}
    assert replicas.shares(one, [_set("a", 8, 1, 13), _set("b", 5, 2, 13)]) == {"a": 0, "b": 0}


@given(st.integers(0, 60), st.integers(0, 5), st.lists(st.integers(1, 30), min_size=2, max_size=5))
def test_shares_add_up_to_what_is_allowed(wanted: int, surge: int, drawn: list[int]) -> None:
    most = sum(drawn)
    one = deployment(replicas=wanted, surge=surge, unavailable=1) | {"status": {"replicas": most}}
    sets = [_set(f"s{i}", size, i, most) for i, size in enumerate(drawn)]
    shares = replicas.shares(one, sets)
    allowed, shared = wanted + surge if wanted else 0, sum(shares.values())
    assert all(size >= 0 for size in shares.values())
    # What rounding leaves over is taken from the largest; where that is not enough, as in
    # Kubernetes, the next sync takes the rest.
    assert shared == allowed or (shared > allowed and 0 in shares.values())
