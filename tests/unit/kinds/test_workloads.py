"""Deployments and replica sets: defaults, rules, what stays."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.kinds.objects import (
    KINDS,
    Object,
    defaulted,
    deployment,
    faults,
    template,
    update_faults,
    workload,
)

_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    "'93%', regex used for validation is '[0-9]+%')"
)


def test_defaults_of_a_deployment() -> None:
    spec = defaulted(deployment())["spec"]
    del spec["template"], spec["selector"]
    assert spec == {
        "progressDeadlineSeconds": 600,
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "strategy": {
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            "type": "RollingUpdate",
        },
    }
    assert defaulted(deployment())["status"] == {}
    assert defaulted(workload("ReplicaSet"))["status"] == {"replicas": 0}


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_the_selector_finds_its_own_pods(kind: str) -> None:
    wrong = workload(kind, selector={"matchLabels": {"app": "db"}})
    assert faults(wrong) == [
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match '
        "template `labels`"
    ]


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_a_selector_is_needed(kind: str) -> None:
    missing = workload(kind)
    del missing["spec"]["selector"]
    assert faults(missing) == [
        "spec.selector: Required value",
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match '
        "template `labels`",
    ]
    assert faults(workload(kind, selector={})) == [
        "spec.selector: Invalid value: {}: empty selector is invalid for deployment"
    ]


def test_a_malformed_selector() -> None:
    selector = {"matchExpressions": [{"key": "app", "operator": "In"}]}
    assert faults(deployment(selector=selector)) == [
        "spec.selector.matchExpressions[0].values: Required value: must be specified when "
        "`operator` is 'In' or 'NotIn'",
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"In"}]}: '
        "invalid label selector",
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"replicas": -1},
            ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"minReadySeconds": 600},
            [
                "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than "
                "minReadySeconds"
            ],
        ),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {}}},
            [
                "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy "
                "`type` is 'Recreate'"
            ],
        ),
        (
            {"strategy": {"type": "Canary"}},
            [
                'spec.strategy: Unsupported value: {"Type":"Canary","RollingUpdate":null}: '
                'supported values: "Recreate", "RollingUpdate"'
            ],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
            [
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when "
                "`maxSurge` is 0"
            ],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxUnavailable": "101%"}}},
            [
                'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be '
                "greater than 100%"
            ],
        ),
        (
            {"strategy": {"rollingUpdate": {"maxSurge": "half"}}},
            [f'spec.strategy.rollingUpdate.maxSurge: Invalid value: "half": {_PERCENT}'],
        ),
        (
            {"template": template(restartPolicy="Never")},
            [
                'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: '
                '"Always"'
            ],
        ),
        (
            {"template": template(activeDeadlineSeconds=5)},
            [
                "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in "
                "ReplicaSet is not Supported"
            ],
        ),
        (
            {"template": template(containers=[])},
            ["spec.template.spec.containers: Required value"],
        ),
    ],
)
def test_rules_of_a_deployment(spec: dict[str, Any], expected: list[str]) -> None:
    assert faults(deployment(**spec)) == expected


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_the_selector_stays(kind: str) -> None:
    old = defaulted(workload(kind))
    new = copy.deepcopy(old)
    new["spec"]["selector"] = {"matchLabels": {"app": "x"}}
    new["spec"]["template"]["metadata"]["labels"] = {"app": "x"}
    assert update_faults(old, new) == [
        'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable'
    ]


def test_an_update_does_not_touch_the_status() -> None:
    old = defaulted(deployment())
    old["status"] = {"replicas": 1}
    new = copy.deepcopy(old)
    new["status"] = {"replicas": 9}
    assert update_faults(old, new) == []
    assert new["status"] == {"replicas": 1}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}, []),
        (
            {"replicas": 1, "readyReplicas": 2},
            [
                "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
            ],
        ),
        (
            {"replicas": 2, "readyReplicas": 1, "availableReplicas": 2},
            [
                "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas",
            ],
        ),
        (
            {"observedGeneration": -1},
            ["status.observedGeneration: Invalid value: -1: must be greater than or equal to 0"],
        ),
    ],
)
@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet"])
def test_a_status_adds_up(kind: str, status: Object, expected: list[str]) -> None:
    old = defaulted(workload(kind))
    new = {**copy.deepcopy(old), "status": status}
    assert [str(each) for each in KINDS[kind].validate_update(new, old)] == expected


def test_collisions_are_not_forgotten() -> None:
    old = {**defaulted(deployment()), "status": {"collisionCount": 2}}
    new = {**old, "status": {"collisionCount": 1}}
    assert [str(each) for each in KINDS["Deployment"].validate_update(new, old)] == [
        "status.collisionCount: Invalid value: 1: cannot be decremented"
    ]
