"""Replicas that follow what pods use."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.testing.world import World
from tests.unit.controllers.objects import condition, deployment, set_spec, world

Object = dict[str, Any]
HPA = "horizontalpodautoscalers.autoscaling"
CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
}


def autoscaler(least: int = 1, most: int = 10, **spec: Any) -> Object:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [CPU],
            **spec,
        },
    }


def target(replicas: int, requests: Object | None = None) -> Object:
    made = deployment("web", replicas)
    asked = {"cpu": "100m", "memory": "100Mi"} if requests is None else requests
    made["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": asked}
    return made


def scaled(replicas: int, requests: Object | None = None, **spec: Any) -> World:
    """A deployment whose pods have run for long, and its autoscaler."""
    made = world()
    made.create(target(replicas, requests))
    made.settle()
    made.advance(600)
    made.create(autoscaler(**spec))
    made.settle()
    made.events.clear()
    return made


def use(
    made: World, cores: float, memory: int = 0, of: int | None = None, after: float = 15
) -> None:
    """All pods, or the first so many, use this much; then a new sample is taken in."""
    names = [pod["metadata"]["name"] for pod in made.list("pods")][:of]
    made.advance(after)
    made.measure(dict.fromkeys(names, (cores, memory)))
    made.settle()


def wanted(made: World) -> int:
    found = made.get("deployments.apps", "web")
    assert found is not None
    return int(found["spec"]["replicas"])


def status(made: World) -> Object:
    found = made.get(HPA, "web")
    assert found is not None
    told: Object = found["status"]
    return told


def test_use_above_the_target_adds_replicas_in_proportion() -> None:
    made = scaled(2)
    use(made, 0.1)
    assert wanted(made) == 4
    assert made.messages("SuccessfulRescale") == [
        "New size: 4; reason: cpu resource utilization (percentage of request) above target"
    ]
    told = status(made)
    assert (told["currentReplicas"], told["desiredReplicas"]) == (2, 4)
    assert told["lastScaleTime"]
    current = {"averageUtilization": 100, "averageValue": "100m"}
    assert told["currentMetrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "current": current}}
    ]
    found = made.get(HPA, "web")
    assert condition(found, "AbleToScale") == (
        "True",
        "SucceededRescale",
        "the HPA controller was able to update the target scale to 4",
    )
    assert condition(found, "ScalingActive")[:2] == ("True", "ValidMetricFound")
    assert condition(found, "ScalingLimited")[:2] == ("False", "DesiredWithinRange")


@pytest.mark.parametrize("cores", [0.046, 0.05, 0.054])
def test_within_the_tolerance_nothing_changes(cores: float) -> None:
    made = scaled(2)
    use(made, cores)
    assert wanted(made) == 2
    assert condition(made.get(HPA, "web"), "AbleToScale")[1] == "ReadyForNewScale"


def test_what_is_remembered_goes_with_the_autoscaler() -> None:
    made = scaled(2)
    use(made, 0.1)
    assert made.view.recall("hpa/default/web") is not None
    made.delete(HPA, "web")
    made.settle()
    assert made.view.recall("hpa/default/web") is None


def test_a_new_autoscaler_of_the_same_name_begins_anew() -> None:
    made = scaled(2)
    use(made, 0.1)
    kept = made.view.memos["hpa/default/web"]
    made.delete(HPA, "web")
    made.settle()
    made.view.memos["hpa/default/web"] = kept
    made.create(autoscaler())
    made.settle()
    use(made, 0.05)
    assert wanted(made) == 4 and condition(made.get(HPA, "web"), "ScalingActive")[0] == "True"


def test_a_sample_counts_once() -> None:
    made = scaled(2)
    use(made, 0.1)
    before = made.revision
    made.touch_everything()
    made.settle()
    assert (wanted(made), made.revision) == (4, before)


def test_without_a_sample_only_the_bounds_hold() -> None:
    made = scaled(2, least=3)
    assert wanted(made) == 3
    set_spec(made, HPA, "web", minReplicas=1, maxReplicas=2)
    made.settle()
    assert wanted(made) == 2
    assert made.messages("SuccessfulRescale") == [
        "New size: 2; reason: Current number of replicas above Spec.MaxReplicas"
    ]
    assert condition(made.get(HPA, "web"), "ScalingActive") == ("", "", "")


def test_at_most_twice_as_many_at_once_and_never_more_than_the_maximum() -> None:
    made = scaled(5, most=20)
    use(made, 0.5)
    assert wanted(made) == 10
    assert condition(made.get(HPA, "web"), "ScalingLimited")[:2] == ("True", "ScaleUpLimit")
    made.advance(400)
    set_spec(made, HPA, "web", maxReplicas=12)
    use(made, 0.5)
    assert wanted(made) == 12
    assert condition(made.get(HPA, "web"), "ScalingLimited")[:2] == ("True", "TooManyReplicas")


def test_shrinking_waits_for_five_minutes_of_lower_recommendations() -> None:
    made = scaled(4)
    for _ in range(19):
        use(made, 0.001)
    assert wanted(made) == 4
    assert condition(made.get(HPA, "web"), "AbleToScale")[1] == "ScaleDownStabilized"
    for _ in range(3):
        use(made, 0.001)
    assert wanted(made) == 1
    reason = "New size: 1; reason: All metrics below target"
    assert made.messages("SuccessfulRescale") == [reason]


def test_the_policies_of_a_behaviour_limit_the_rate() -> None:
    rules = {
        "scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
        "scaleDown": {
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Percent", "value": 50, "periodSeconds": 60}],
        },
    }
    made = scaled(4, behavior=rules)
    use(made, 0.1)
    assert wanted(made) == 5
    assert condition(made.get(HPA, "web"), "ScalingLimited")[:2] == ("True", "ScaleUpLimit")
    use(made, 0.1)
    assert wanted(made) == 5, "one in a minute"
    made.advance(300)
    use(made, 0.001)
    assert wanted(made) == 2
    assert condition(made.get(HPA, "web"), "ScalingLimited")[:2] == ("True", "ScaleDownLimit")


def test_growing_may_be_disabled() -> None:
    made = scaled(2, behavior={"scaleUp": {"selectPolicy": "Disabled"}})
    use(made, 1.0)
    assert wanted(made) == 2


def test_a_missing_pod_counts_as_idle_when_growing_and_as_busy_when_shrinking() -> None:
    made = scaled(4, behavior={"scaleDown": {"stabilizationWindowSeconds": 0}})
    use(made, 0.1, of=1)
    assert wanted(made) == 4, "(100 + 0 + 0 + 0) / 4 would shrink: the direction turned"
    use(made, 0.001, of=3)
    assert wanted(made) == 2, "a quarter of (1 + 1 + 1 + 100) % is half of the target"


def test_a_pod_that_is_not_ready_yet_counts_as_idle() -> None:
    made = scaled(2)
    use(made, 0.1)
    assert len(made.list("pods")) == 4
    use(made, 0.1, after=14)
    assert wanted(made) == 4, "the two new ones began within the window of the sample"


def test_the_largest_proposal_counts() -> None:
    memory = {
        "type": "Resource",
        "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "10Mi"}},
    }
    made = scaled(2, metrics=[CPU, memory])
    use(made, 0.001, 15 << 20)
    assert wanted(made) == 3
    assert made.messages("SuccessfulRescale") == [
        "New size: 3; reason: memory resource above target"
    ]
    value = status(made)["currentMetrics"][1]["resource"]["current"]
    assert value == {"averageValue": "15728640"}


def test_a_container_alone() -> None:
    source = {"name": "cpu", "container": "app", "target": CPU["resource"]["target"]}  # type: ignore[index]
    made = scaled(1, metrics=[{"type": "ContainerResource", "containerResource": source}])
    use(made, 0.1)
    assert wanted(made) == 2


def test_requests_are_needed_for_a_percentage() -> None:
    made = scaled(1, requests={})
    use(made, 0.1)
    pod = made.list("pods")[0]["metadata"]["name"]
    why = f"failed to get cpu utilization: missing request for cpu in container app of Pod {pod}"
    assert condition(made.get(HPA, "web"), "ScalingActive") == (
        "False",
        "FailedGetResourceMetric",
        f"the HPA was unable to compute the replica count: {why}",
    )
    assert made.messages("FailedGetResourceMetric") == [why]
    assert made.messages("FailedComputeMetricsReplicas") == [
        "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric "
        f"value: {why}"
    ]


def test_pods_of_which_nothing_is_known() -> None:
    made = scaled(1)
    use(made, 0.1, of=0)
    assert condition(made.get(HPA, "web"), "ScalingActive")[2] == (
        "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to "
        "get metrics for resource cpu: no metrics returned from resource metrics API"
    )


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (
            {
                "type": "Pods",
                "pods": {
                    "metric": {"name": "hits"},
                    "target": {"type": "AverageValue", "averageValue": "5"},
                },
            },
            "FailedGetPodsMetric",
        ),
        (
            {
                "type": "External",
                "external": {
                    "metric": {"name": "queue"},
                    "target": {"type": "Value", "value": "5"},
                },
            },
            "FailedGetExternalMetric",
        ),
        (
            {
                "type": "Object",
                "object": {
                    "describedObject": {"kind": "Service", "name": "x"},
                    "metric": {"name": "hits"},
                    "target": {"type": "Value", "value": "5"},
                },
            },
            "FailedGetObjectMetric",
        ),
    ],
)
def test_metrics_that_nobody_serves(metric: Object, reason: str) -> None:
    made = scaled(2, metrics=[metric, CPU])
    use(made, 0.001)
    assert wanted(made) == 2, "one that is not known forbids to shrink"
    assert condition(made.get(HPA, "web"), "ScalingActive")[:2] == ("False", reason)
    use(made, 0.1)
    assert wanted(made) == 4, "and does not forbid to grow"


def test_a_target_that_is_not_there() -> None:
    made = world()
    made.create(autoscaler())
    made.settle()
    assert condition(made.get(HPA, "web"), "AbleToScale") == (
        "False",
        "FailedGetScale",
        "the HPA controller was unable to get the target's current scale: "
        'deployments.apps "web" not found',
    )
    made.touch_everything()
    made.settle()
    assert made.messages("FailedGetScale") == ['deployments.apps "web" not found']
    made.create(target(1))
    made.settle()
    assert condition(made.get(HPA, "web"), "AbleToScale")[:2] == ("True", "SucceededGetScale")


def test_a_target_of_none_is_left_alone() -> None:
    made = scaled(1)
    set_spec(made, "deployments.apps", "web", replicas=0)
    made.settle()
    use(made, 1.0)
    assert wanted(made) == 0
    assert condition(made.get(HPA, "web"), "ScalingActive")[:2] == ("False", "ScalingDisabled")


def test_nothing_is_measured_without_an_autoscaler() -> None:
    from kctl.controllers.horizontalpodautoscaler import HorizontalPodAutoscalerController

    made = scaled(2)
    uids = {(pod["spec"]["nodeName"], pod["metadata"]["uid"]) for pod in made.list("pods")}
    controller = HorizontalPodAutoscalerController()
    assert set(controller.measures(made.view)) == uids
    made.delete(HPA, "web")
    assert not list(controller.measures(made.view))
