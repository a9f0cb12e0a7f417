"""PodDisruptionBudget: what is refused, what a new one looks like, its row."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.api import Api
from kctl.api.errors import ApiError
from tests.unit.api.conftest import Desk

Object = dict[str, Any]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def api(desk: Desk) -> Api:
    return desk.api


def budget(**spec: Any) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }


def test_a_new_budget_allows_nothing_yet(api: Api) -> None:
    made = api.create({**budget(minAvailable=1), "status": {"disruptionsAllowed": 7}})
    assert made["status"] == {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    }
    assert made["metadata"]["generation"] == 1


def test_a_change_of_the_spec_raises_the_generation_and_keeps_the_status(api: Api) -> None:
    made = api.create(budget(minAvailable=1))
    made["status"]["currentHealthy"] = 3
    api.update(made, subresource="status")
    changed = api.patch(
        "poddisruptionbudgets.policy", "web", "default", {"spec": {"minAvailable": "50%"}}, "merge"
    )
    assert changed["metadata"]["generation"] == 2
    assert changed["status"]["currentHealthy"] == 3


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            {"minAvailable": 1, "maxUnavailable": "20%"},
            'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"app":"web"}},'
            '"MaxUnavailable":"20%","UnhealthyPodEvictionPolicy":null}: '
            "minAvailable and maxUnavailable cannot be both set",
        ),
        (
            {"minAvailable": -1},
            "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            {"maxUnavailable": "101%"},
            'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
        ),
        (
            {"maxUnavailable": "half"},
            'spec.maxUnavailable: Invalid value: "half": a valid percent string must be a '
            "numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
            "validation is '[0-9]+%')",
        ),
        (
            {"unhealthyPodEvictionPolicy": "Never"},
            'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: '
            '"AlwaysAllow", "IfHealthyBudget"',
        ),
        (
            {"selector": {"matchLabels": {"a b": "c"}}},
            'spec.selector.matchLabels: Invalid value: "a b": name part must consist of '
            "alphanumeric characters, '-', '_' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
            "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ),
    ],
)
def test_what_is_refused(api: Api, spec: Object, said: str) -> None:
    with pytest.raises(ApiError) as caught:
        api.create(budget(**spec))
    assert caught.value.code == 422
    assert caught.value.message == f'PodDisruptionBudget.policy "web" is invalid: {said}'


def test_a_status_may_not_count_below_zero(api: Api) -> None:
    made = api.create(budget(minAvailable=1))
    made["status"]["disruptionsAllowed"] = -1
    with pytest.raises(ApiError, match=r"status\.disruptionsAllowed: Invalid value: -1"):
        api.update(made, subresource="status")


@pytest.mark.parametrize(
    ("spec", "cells"),
    [
        ({"minAvailable": "50%"}, ["web", "50%", "N/A", 0]),
        ({"maxUnavailable": 0}, ["web", "N/A", "0", 0]),
        ({}, ["web", "N/A", "N/A", 0]),
    ],
)
def test_the_row(desk: Desk, spec: Object, cells: list[Any]) -> None:
    made = desk.api.create(budget(**spec))
    assert desk.kinds.of(made).row(made)[:-1] == cells
