"""Eviction asks the budget of the pod, and answers what the API server answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kctl.api.api import Api
from kctl.api.errors import ApiError
from tests.unit.api.conftest import Desk

Object = dict[str, Any]
PDB = "poddisruptionbudgets.policy"
VIOLATES = "Cannot evict pod as it would violate the pod's disruption budget."


@pytest.fixture
def run(api: Api, pod: Callable[..., Object]) -> Callable[..., Object]:
    """A pod on a node, running and ready unless told otherwise."""

    def make(name: str = "p", *, ready: bool = True, phase: str = "Running") -> Object:
        made = api.create(pod(name, node="n", labels={"app": "web"}))
        condition = {
            "type": "Ready",
            "status": "True" if ready else "False",
            "lastTransitionTime": "2026-11-23T05:00:00Z",
        }
        status = {**made["status"], "phase": phase, "conditions": [condition]}
        return api.update({**made, "status": status}, subresource="status")

    return make


@pytest.fixture
def budget(api: Api) -> Callable[..., Object]:
    """A budget for app=web whose status the controller wrote."""

    def make(name: str = "web", *, spec: Object | None = None, **status: Any) -> Object:
        made = api.create(
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"selector": {"matchLabels": {"app": "web"}}, **(spec or {})},
            }
        )
        counted = {"observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 3}
        status = {**made["status"], **counted, "desiredHealthy": 2, "expectedPods": 3, **status}
        return api.update({**made, "status": status}, subresource="status")

    return make


def refusal(api: Api, name: str = "p", body: Object | None = None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        api.evict(name, "default", body)
    return caught.value


def test_a_pod_without_a_budget_is_deleted_with_its_grace(
    api: Api, run: Callable[..., Object]
) -> None:
    run()
    assert api.evict("p", "default")["status"] == "Success"
    pod = api.get("pods", "p", "default")
    assert pod["metadata"]["deletionGracePeriodSeconds"] == 30
    assert pod["status"]["conditions"][-1] == {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
        "lastTransitionTime": "2026-11-23T06:00:00Z",
    }


def test_an_eviction_is_taken_from_the_budget(
    api: Api, run: Callable[..., Object], budget: Callable[..., Object]
) -> None:
    run("p")
    run("q")
    budget()
    api.evict("p", "default")
    status = api.get(PDB, "web", "default")["status"]
    assert status["disruptionsAllowed"] == 0
    assert status["disruptedPods"] == {"p": "2026-11-23T06:00:00Z"}
    assert [(each["status"], each["reason"]) for each in status["conditions"]] == [
        ("False", "InsufficientPods")
    ]
    assert refusal(api, "q").message == VIOLATES
    assert "deletionTimestamp" not in api.get("pods", "q", "default")["metadata"]


@pytest.mark.parametrize(
    ("status", "details"),
    [
        (
            {"disruptionsAllowed": 0, "currentHealthy": 2},
            {"message": "The disruption budget web needs 2 healthy pods and has 2 currently"},
        ),
        (
            {"observedGeneration": 0},
            {"message": "The disruption budget web is still being processed by the server."},
        ),
        (
            {
                "disruptionsAllowed": 0,
                "conditions": [
                    {
                        "type": "DisruptionAllowed",
                        "status": "False",
                        "reason": "SyncFailed",
                        "message": "no scale",
                        "lastTransitionTime": "2026-11-23T05:00:00Z",
                    }
                ],
            },
            {
                "message": "The disruption budget web does not allow evicting pods currently "
                "because it failed sync: no scale"
            },
        ),
    ],
)
def test_a_budget_that_is_spent_is_too_many_requests(
    api: Api,
    run: Callable[..., Object],
    budget: Callable[..., Object],
    status: Object,
    details: Object,
) -> None:
    run()
    budget(**status)
    error = refusal(api)
    assert (error.code, error.reason, error.message) == (429, "TooManyRequests", VIOLATES)
    assert error.details["causes"] == [{"reason": "DisruptionBudget", **details}]
    again = 10 if "observedGeneration" in status else None
    assert error.details.get("retryAfterSeconds") == again


def test_several_budgets_for_one_pod_are_not_supported(
    api: Api, run: Callable[..., Object], budget: Callable[..., Object]
) -> None:
    run()
    budget("one")
    budget("two")
    error = refusal(api)
    assert error.code == 500
    assert error.message == (
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
        "not support."
    )


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
def test_a_pod_that_does_not_run_asks_no_budget(
    api: Api, run: Callable[..., Object], budget: Callable[..., Object], phase: str
) -> None:
    run(phase=phase)
    budget(disruptionsAllowed=0)
    assert api.evict("p", "default")["status"] == "Success"


@pytest.mark.parametrize(
    ("spec", "status", "granted"),
    [
        ({}, {"currentHealthy": 2, "desiredHealthy": 2}, True),
        ({}, {"currentHealthy": 1, "desiredHealthy": 2}, False),
        ({}, {"currentHealthy": 0, "desiredHealthy": 0}, False),
        (
            {"unhealthyPodEvictionPolicy": "AlwaysAllow"},
            {"currentHealthy": 0, "desiredHealthy": 2},
            True,
        ),
        (
            {"unhealthyPodEvictionPolicy": "IfHealthyBudget"},
            {"currentHealthy": 1, "desiredHealthy": 2},
            False,
        ),
    ],
)
def test_a_pod_that_is_not_ready_goes_by_the_policy(
    api: Api,
    run: Callable[..., Object],
    budget: Callable[..., Object],
    spec: Object,
    status: Object,
    granted: bool,
) -> None:
    run(ready=False)
    budget(spec=spec, disruptionsAllowed=0, **status)
    if granted:
        assert api.evict("p", "default")["status"] == "Success"
        assert "disruptedPods" not in api.get(PDB, "web", "default")["status"]
    else:
        assert refusal(api).code == 429


def test_a_dry_run_asks_and_changes_nothing(
    desk: Desk, run: Callable[..., Object], budget: Callable[..., Object]
) -> None:
    run()
    budget()
    before = desk.backend.revision()
    for body in (None, {"metadata": {"name": "p"}, "deleteOptions": {"dryRun": ["All"]}}):
        desk.api.evict("p", "default", body, dry_run=body is None)
    assert desk.backend.revision() == before
    budget("web2", disruptionsAllowed=0)
    assert refusal(desk.api).code == 500


def test_preconditions_and_grace_come_with_the_eviction(
    api: Api, run: Callable[..., Object]
) -> None:
    pod = run()

    def body(**options: Any) -> Object:
        return {"metadata": {"name": "p"}, "deleteOptions": options}

    wrong = refusal(api, body=body(preconditions={"uid": "other"}))
    assert wrong.code == 409
    assert "Precondition failed: UID in precondition: other" in wrong.message
    old = refusal(api, body=body(preconditions={"resourceVersion": "1"}))
    assert old.code == 409
    assert api.get("pods", "p", "default") == pod
    version = pod["metadata"]["resourceVersion"]
    api.evict(
        "p",
        "default",
        body(preconditions={"resourceVersion": version}, gracePeriodSeconds=7),
    )
    gone = api.get("pods", "p", "default")
    assert gone["metadata"]["deletionGracePeriodSeconds"] == 7


def test_bad_requests(api: Api, run: Callable[..., Object]) -> None:
    run()
    assert refusal(api, "none").code == 404
    named = refusal(api, body={"metadata": {"name": "q"}})
    assert (named.code, named.message) == (
        400,
        "name in URL does not match name in Eviction object",
    )
    assert refusal(api, body={"metadata": {"name": "p"}, "foo": 1}).code == 400


def test_an_eviction_of_a_pod_that_goes_already_changes_nothing_about_the_budget(
    api: Api, run: Callable[..., Object], budget: Callable[..., Object]
) -> None:
    run()
    budget()
    api.delete("pods", "p", "default", grace=20)
    assert api.evict("p", "default")["status"] == "Success"
    assert api.get(PDB, "web", "default")["status"]["disruptionsAllowed"] == 1
    assert api.get("pods", "p", "default")["metadata"]["deletionGracePeriodSeconds"] == 20
