"""How many pods of a group may be evicted now."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.api.errors import ApiError
from kctl.controllers.disruption import DELETION_TIMEOUT
from kctl.testing.instant_pods import InstantPods
from kctl.testing.world import World, builtin_controllers
from tests.unit.controllers.objects import (
    condition,
    deployment,
    pod,
    replica_set,
    set_image,
    world,
)

Object = dict[str, Any]
PDB = "poddisruptionbudgets.policy"


def budget(name: str = "web", app: str | None = None, **spec: Any) -> Object:
    selector = {"matchLabels": {"app": app or name}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"selector": selector, **spec},
    }


def counts(made: World, name: str = "web") -> tuple[int, int, int, int]:
    """(allowed, current, desired, expected)."""
    found = made.get(PDB, name)
    assert found is not None
    status = found["status"]
    assert status["observedGeneration"] == found["metadata"]["generation"]
    return (
        status["disruptionsAllowed"],
        status["currentHealthy"],
        status["desiredHealthy"],
        status["expectedPods"],
    )


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"minAvailable": 3}, (2, 5, 3, 5)),
        ({"minAvailable": 5}, (0, 5, 5, 5)),
        ({"minAvailable": 9}, (0, 5, 9, 5)),
        ({"minAvailable": "50%"}, (2, 5, 3, 5)),
        ({"minAvailable": "100%"}, (0, 5, 5, 5)),
        ({"maxUnavailable": 1}, (1, 5, 4, 5)),
        ({"maxUnavailable": 0}, (0, 5, 5, 5)),
        ({"maxUnavailable": 9}, (5, 5, 0, 5)),
        ({"maxUnavailable": "21%"}, (2, 5, 3, 5)),
        ({}, (0, 5, 0, 0)),
    ],
)
def test_numbers_and_shares_of_a_deployment(spec: Object, found: tuple[int, int, int, int]) -> None:
    made = world()
    made.create(deployment(replicas=5))
    made.create(budget(**spec))
    made.settle()
    assert counts(made) == found
    allowed = "True" if found[0] else "False"
    reason = "SufficientPods" if found[0] else "InsufficientPods"
    assert condition(made.get(PDB, "web"), "DisruptionAllowed") == (allowed, reason, "")


def test_shares_are_of_what_is_wanted_and_not_of_what_is_there() -> None:
    """Two replica sets of one deployment are one scale, in the middle of a rollout too."""
    pods = InstantPods()
    pods.broken_images.add("app:2")
    controllers = [each for each in builtin_controllers() if not isinstance(each, InstantPods)]
    made = world(controllers=[*controllers, pods])
    made.create(deployment(replicas=4, surge=2, unavailable=0))
    made.create(budget(maxUnavailable="25%"))
    made.settle()
    set_image(made, "app:2")
    made.settle()
    assert len(made.list("pods")) == 6
    assert counts(made) == (1, 4, 3, 4)


def test_the_budget_follows_evictions_and_replacements() -> None:
    pods = InstantPods(ready_after=10)
    controllers = [each for each in builtin_controllers() if not isinstance(each, InstantPods)]
    made = world(controllers=[*controllers, pods])
    made.create(deployment(replicas=3))
    made.create(budget(maxUnavailable=1))
    made.advance(10)
    assert counts(made) == (1, 3, 2, 3)
    first, second = (each["metadata"]["name"] for each in made.list("pods")[:2])
    made.api.evict(first, "default")
    with pytest.raises(ApiError, match="disruption budget"):
        made.api.evict(second, "default")
    made.settle()
    assert counts(made) == (0, 2, 2, 3)  # the replacement is not ready yet
    with pytest.raises(ApiError, match="disruption budget"):
        made.api.evict(second, "default")
    made.advance(10)
    assert counts(made) == (1, 3, 2, 3)
    made.api.evict(second, "default")


def test_a_change_of_the_budget_counts_at_once() -> None:
    made = world()
    made.create(deployment(replicas=3))
    made.create(budget(minAvailable=3))
    made.settle()
    made.change(PDB, "web", lambda obj: obj["spec"].update(minAvailable=1))
    made.settle()
    assert counts(made) == (2, 3, 1, 3)
    made.change(PDB, "web", lambda obj: obj["spec"]["selector"].update(matchLabels={"app": "x"}))
    made.settle()
    assert counts(made) == (0, 0, 1, 0)
    assert made.messages("NoPods") == ["No matching pods found"]


def test_pods_that_nothing_controls_count_for_numbers_and_not_for_shares() -> None:
    made = world()
    made.create(pod("alone", labels={"app": "web"}))
    made.create(budget(minAvailable=0))
    made.create(budget("share", "web", maxUnavailable=1))
    made.settle()
    assert counts(made) == (1, 1, 0, 1)
    assert counts(made, "share") == (0, 1, 0, 0)
    (said,) = set(made.messages("UnmanagedPods"))
    assert said.startswith(
        "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map"
        "[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found "
        "to be unmanaged."
    )


def test_without_a_known_scale_nothing_is_allowed() -> None:
    made = world()
    owner = {"apiVersion": "acme.io/v1", "kind": "Farm", "name": "f", "uid": "u"}
    stray = pod("stray", labels={"app": "web"})
    stray["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
    made.create(stray)
    made.create(budget(maxUnavailable=1))
    made.settle()
    found = made.get(PDB, "web")
    assert found is not None and found["status"]["disruptionsAllowed"] == 0
    assert condition(found, "DisruptionAllowed") == (
        "False",
        "SyncFailed",
        'found no controllers for pod "stray"',
    )
    made.delete("pods", "stray")
    made.create(replica_set("web", replicas=2))
    made.settle()
    assert counts(made) == (1, 2, 1, 2)
    assert condition(made.get(PDB, "web"), "DisruptionAllowed")[1] == "SufficientPods"


def test_an_evicted_pod_that_nobody_deletes_counts_again_after_a_while() -> None:
    made = world()
    made.create(deployment(replicas=2))
    made.create(budget(maxUnavailable=1))
    made.settle()
    name = made.list("pods")[0]["metadata"]["name"]
    found = made.get(PDB, "web")
    assert found is not None
    at = made.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {**found["status"], "disruptionsAllowed": 0, "disruptedPods": {name: at}}
    made.api.update({**found, "status": status}, subresource="status")
    made.advance(DELETION_TIMEOUT - 1)
    assert counts(made) == (0, 1, 1, 2)
    made.advance(3)
    assert counts(made) == (1, 2, 1, 2)
    assert made.messages("NotDeleted") == [
        "Pod was expected by PDB default/web to be deleted but it wasn't"
    ]
    assert "disruptedPods" not in (made.get(PDB, "web") or {})["status"]


def test_rolling_updates_do_not_ask_budgets() -> None:
    made = world()
    made.create(deployment(replicas=3, surge=0, unavailable=1))
    made.create(budget(maxUnavailable=0))
    made.settle()
    set_image(made, "app:2")
    made.settle()
    images = {each["spec"]["containers"][0]["image"] for each in made.list("pods")}
    assert images == {"app:2"}


def test_a_settled_world_is_not_written_again() -> None:
    made = world()
    made.create(deployment(replicas=3))
    made.create(budget(maxUnavailable="50%"))
    made.create(budget("empty", "none", minAvailable=1))
    made.settle()
    before = made.revision
    made.touch_everything()
    made.settle()
    assert made.revision == before


@settings(max_examples=25, deadline=None)
@given(
    replicas=st.integers(0, 6),
    amount=st.one_of(st.integers(0, 7), st.integers(0, 100).map(lambda n: f"{n}%")),
    field=st.sampled_from(["minAvailable", "maxUnavailable"]),
    picks=st.lists(st.integers(0, 9), max_size=8),
)
def test_evictions_never_leave_fewer_ready_pods_than_the_budget_wants(
    replicas: int, amount: int | str, field: str, picks: list[int]
) -> None:
    pods = InstantPods(ready_after=5)
    controllers = [each for each in builtin_controllers() if not isinstance(each, InstantPods)]
    made = world(controllers=[*controllers, pods])
    made.create(deployment(replicas=replicas))
    made.create(budget(**{field: amount}))
    made.advance(5)
    for pick in picks:
        there = made.list("pods")
        if pick < len(there):
            ready = {each["metadata"]["name"] for each in there if _ready(each)}
            name = there[pick]["metadata"]["name"]
            _, _, desired, _ = counts(made)
            try:
                made.api.evict(name, "default")
            except ApiError as error:
                assert error.code == 429
            else:
                assert name not in ready or len(ready) - 1 >= desired
        made.advance(pick)


def _ready(each: Object) -> bool:
    return condition(each, "Ready")[0] == "True" and "deletionTimestamp" not in each["metadata"]
