"""HorizontalPodAutoscaler: defaults, rules, columns, and its two versions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.api.encode import copy
from kctl.api.errors import ApiError
from kctl.api.kinds.autoscaling import v1
from kctl.api.kinds.autoscaling.horizontalpodautoscaler import KIND, targets
from kctl.testing.world import World

Object = dict[str, Any]
HPA = "horizontalpodautoscalers.autoscaling"
REF = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def autoscaler(version: str = "v2", **spec: Any) -> Object:
    return {
        "apiVersion": f"autoscaling/{version}",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": REF, "maxReplicas": 3, **spec},
    }


def cpu(percent: int = 50) -> Object:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def made(obj: Object) -> Object:
    return World([]).create(obj)


def test_without_metrics_it_follows_80_per_cent_of_the_cpu() -> None:
    found = made(autoscaler())
    assert found["spec"]["metrics"] == [cpu(80)]
    assert found["spec"]["minReplicas"] == 1
    assert "behavior" not in found["spec"]
    assert found["status"] == {"currentMetrics": None, "desiredReplicas": 0}


def test_a_behaviour_is_filled_up() -> None:
    found = made(autoscaler(behavior={"scaleUp": {"selectPolicy": "Min"}}))
    assert found["spec"]["behavior"] == {
        "scaleUp": {
            "selectPolicy": "Min",
            "stabilizationWindowSeconds": 0,
            "policies": [
                {"type": "Pods", "value": 4, "periodSeconds": 15},
                {"type": "Percent", "value": 100, "periodSeconds": 15},
            ],
        },
        "scaleDown": {
            "selectPolicy": "Max",
            "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
        },
    }


def target(**values: Any) -> Object:
    return {"name": "cpu", "target": {"type": "Utilization", **values}}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"minReplicas": 0}, "spec.minReplicas: Invalid value: 0: must be greater than or equal"),
        ({"maxReplicas": 0}, "spec.maxReplicas: Invalid value: 0: must be greater than 0"),
        (
            {"minReplicas": 4},
            "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
        ),
        ({"scaleTargetRef": {"kind": "x"}}, "spec.scaleTargetRef.name: Required value"),
        (
            {"scaleTargetRef": {**REF, "apiVersion": "a/b/c"}},
            'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion',
        ),
        (
            {"metrics": [{"type": "Resource", "resource": target()}]},
            "spec.metrics[0].resource.target.averageUtilization: Required value: must set either "
            "a target raw value or a target utilization",
        ),
        (
            {"metrics": [{"type": "Resource", "resource": target(averageUtilization=0)}]},
            "averageUtilization: Invalid value: 0: must be greater than 0",
        ),
        (
            {"metrics": [{"type": "Resource", "resource": target(averageValue="-1")}]},
            'averageValue: Invalid value: "-1": must be positive',
        ),
        (
            {"metrics": [{"type": "Pods"}]},
            "spec.metrics[0].pods: Required value: must populate information for the given metric",
        ),
        (
            {"metrics": [{"type": "Odd"}]},
            'spec.metrics[0].type: Unsupported value: "Odd": supported values: "ContainerResource"',
        ),
        (
            {"metrics": [{**cpu(), "pods": {"metric": {"name": "x"}, "target": {}}}]},
            "spec.metrics[0].pods: Forbidden: must populate the given metric source only",
        ),
        (
            {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 3601}}},
            "stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600",
        ),
        (
            {"behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1}]}}},
            "policies[0].periodSeconds: Invalid value: 0: must be greater than zero",
        ),
    ],
)
def test_rules(spec: Object, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        made(autoscaler(**spec))
    assert caught.value.code == 422
    assert message in caught.value.message


def test_targets_show_two_metrics_and_count_the_others() -> None:
    used = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 7}}}
    assert targets([cpu()], []) == "cpu: <unknown>/50%"
    assert targets([cpu()], [used]) == "cpu: 7%/50%"
    pods = {"metric": {"name": "hits"}, "target": {"averageValue": "5"}}
    more = [cpu(), {"type": "Pods", "pods": pods}, cpu(), cpu()]
    assert targets(more, [used]) == "cpu: 7%/50%, <unknown>/5 + 2 more..."
    assert targets([], []) == "<none>"


# --- versions ---


def test_v1_is_stored_as_v2_and_both_show_it() -> None:
    world = World([])
    first = world.create(autoscaler("v1", targetCPUUtilizationPercentage=60, minReplicas=2))
    assert first["apiVersion"] == "autoscaling/v1"
    assert first["spec"]["targetCPUUtilizationPercentage"] == 60
    second = world.get(HPA, "web")
    assert second is not None
    assert second["apiVersion"] == "autoscaling/v2"
    assert second["spec"]["metrics"] == [cpu(60)]
    assert world.api.get(v1.KIND, "web", "default")["spec"] == first["spec"]
    listed = world.api.list(v1.KIND, "default")
    assert [each["apiVersion"] for each in listed.items] == ["autoscaling/v1"]
    assert b'"targetCPUUtilizationPercentage":60' in listed.json()
    assert b'"metrics":[' not in world.api.get_json(v1.KIND, "web", "default")


def test_v1_without_a_target_is_one_of_80_per_cent() -> None:
    assert made(autoscaler("v1"))["spec"]["targetCPUUtilizationPercentage"] == 80


def test_a_change_through_v1_keeps_what_v1_does_not_show() -> None:
    world = World([])
    memory = {"name": "memory", "target": {"type": "AverageValue", "averageValue": "10Mi"}}
    metrics = [cpu(), {"type": "Resource", "resource": memory}]
    world.create(autoscaler(metrics=metrics, behavior={"scaleUp": {"selectPolicy": "Min"}}))
    before = world.get(HPA, "web")
    assert before is not None
    status = {"currentReplicas": 2, "desiredReplicas": 2, "currentMetrics": None}
    conditions = [{"type": "AbleToScale", "status": "True", "reason": "x", "message": "y"}]
    full = {**status, "conditions": conditions}
    world.api.update({**copy(before), "status": full}, subresource="status")
    patch = {"spec": {"targetCPUUtilizationPercentage": 70}}
    world.api.patch(v1.KIND, "web", "default", patch, "merge")
    after = world.get(HPA, "web")
    assert after is not None
    assert after["spec"] == {**before["spec"], "metrics": [cpu(70), metrics[1]]}
    assert after["status"] == full
    assert "annotations" not in after["metadata"]


def test_annotations_that_cannot_be_read_count_for_nothing() -> None:
    obj = autoscaler("v1")
    obj["metadata"]["annotations"] = {
        v1.METRICS: "{", v1.BEHAVIOR: "[]", v1.CONDITIONS: '{"a":1}', v1.CURRENT: "[1]"
    }  # fmt: skip
    made(obj)


_VALUE = st.integers(1, 10**6).map(lambda number: f"{number}m")
_NAME = st.sampled_from(["cpu", "memory", "hits"])
_RESOURCE_TARGET = st.one_of(
    st.integers(1, 500).map(lambda n: {"type": "Utilization", "averageUtilization": n}),
    _VALUE.map(lambda value: {"type": "AverageValue", "averageValue": value}),
)
_ANY_TARGET = st.one_of(
    _VALUE.map(lambda value: {"type": "Value", "value": value}),
    _VALUE.map(lambda value: {"type": "AverageValue", "averageValue": value}),
)
_METRIC = st.one_of(
    st.builds(
        lambda name, aim: {"type": "Resource", "resource": {"name": name, "target": aim}},
        _NAME,
        _RESOURCE_TARGET,
    ),
    st.builds(
        lambda name, aim: {
            "type": "ContainerResource",
            "containerResource": {"name": name, "container": "c", "target": aim},
        },
        _NAME,
        _RESOURCE_TARGET,
    ),
    st.builds(
        lambda name, value: {
            "type": "Pods",
            "pods": {
                "metric": {"name": name, "selector": {"matchLabels": {"a": "b"}}},
                "target": {"type": "AverageValue", "averageValue": value},
            },
        },
        _NAME,
        _VALUE,
    ),
    st.builds(
        lambda name, aim: {
            "type": "Object",
            "object": {"describedObject": REF, "metric": {"name": name}, "target": aim},
        },
        _NAME,
        _ANY_TARGET,
    ),
    st.builds(
        lambda name, aim: {
            "type": "External",
            "external": {"metric": {"name": name}, "target": aim},
        },
        _NAME,
        _ANY_TARGET,
    ),
)


@given(st.lists(_METRIC, min_size=1, max_size=4))
def test_what_goes_to_v1_comes_back(metrics: list[Object]) -> None:
    """But for the place of the first target for the CPU time: v1 shows it apart."""
    obj = autoscaler(metrics=metrics)
    KIND.default(obj)
    first = next((each for each in metrics if v1._is_cpu(each)), None)
    order = metrics if first is None else [first, *(m for m in metrics if m is not first)]
    back = v1.to_v2(v1.to_v1(copy(obj)))
    assert back == {**obj, "spec": {**obj["spec"], "metrics": order}}
