"""Daemon sets: one pod a node, and how they are renewed."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.testing.world import World
from tests.unit.controllers.objects import Object, set_spec, template, world

SETS = "daemonsets.apps"


def daemon_set(**spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": template("agent"),
            **spec,
        },
    }


def begin(nodes: int = 3, **spec: Any) -> World:
    made = world(nodes)
    made.create(daemon_set(**spec))
    made.settle()
    return made


def places(made: World) -> list[str]:
    return sorted(
        each["spec"]["nodeName"]
        for each in made.list("pods")
        if "deletionTimestamp" not in each["metadata"]
    )


def images(made: World) -> list[str]:
    return sorted(each["spec"]["containers"][0]["image"] for each in made.list("pods"))


def status(made: World) -> Object:
    found = made.get(SETS, "agent")
    assert found is not None
    return dict(found["status"])


def test_every_node_gets_one() -> None:
    made = begin()
    assert places(made) == ["n0", "n1", "n2"]
    assert status(made) == {
        "currentNumberScheduled": 3,
        "desiredNumberScheduled": 3,
        "numberAvailable": 3,
        "numberMisscheduled": 0,
        "numberReady": 3,
        "observedGeneration": 1,
        "updatedNumberScheduled": 3,
    }


def test_a_node_that_comes_gets_one_and_a_deleted_pod_comes_again() -> None:
    made = begin(1)
    made.add_node("late")
    made.settle()
    assert places(made) == ["late", "n0"]
    made.delete("pods", made.list("pods")[0]["metadata"]["name"])
    made.settle()
    assert places(made) == ["late", "n0"]


def test_only_where_the_template_fits() -> None:
    made = world(2)
    made.add_node("gpu", labels={"gpu": "yes"})
    body = template("agent")
    body["spec"]["nodeSelector"] = {"gpu": "yes"}
    made.create(daemon_set(template=body))
    made.settle()
    assert places(made) == ["gpu"]
    made.change("nodes", "gpu", lambda obj: obj["metadata"]["labels"].pop("gpu"))
    made.settle()
    assert places(made) == [] and status(made)["desiredNumberScheduled"] == 0


@pytest.mark.parametrize(("effect", "left"), [("NoSchedule", 2), ("NoExecute", 1)])
def test_a_taint_keeps_new_pods_away_and_an_execution_ends_old_ones(effect: str, left: int) -> None:
    made = begin(2)
    taint = {"key": "mine", "effect": effect}
    made.change("nodes", "n0", lambda obj: obj["spec"].update(taints=[taint]))
    made.settle()
    assert len(places(made)) == left
    assert status(made)["desiredNumberScheduled"] == 1


def test_a_cordoned_node_keeps_its_pod_and_gets_a_new_one() -> None:
    made = begin(1)
    made.change("nodes", "n0", lambda obj: obj["spec"].update(unschedulable=True))
    made.settle()
    made.delete("pods", made.list("pods")[0]["metadata"]["name"])
    made.settle()
    assert places(made) == ["n0"]


@pytest.mark.parametrize(("most", "least_left"), [(1, 3), ("50%", 2)])
def test_a_new_template_comes_to_a_few_nodes_at_a_time(most: int | str, least_left: int) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": most}}
    made = begin(4, updateStrategy=rolling)
    seen: set[int] = set()

    def look() -> None:
        seen.add(
            sum(
                any(c["type"] == "Ready" and c["status"] == "True" for c in each)
                for pod in made.list("pods")
                if "deletionTimestamp" not in pod["metadata"]
                and (each := pod["status"].get("conditions") or [])
            )
        )

    made.after_step = look
    set_spec(made, SETS, "agent", template=template("agent", "app:2"))
    made.settle()
    made.advance(120)
    assert images(made) == ["app:2"] * 4 and min(seen) >= least_left
    assert status(made)["updatedNumberScheduled"] == 4


def test_on_delete_waits_for_somebody_to_delete() -> None:
    made = begin(2, updateStrategy={"type": "OnDelete"})
    set_spec(made, SETS, "agent", template=template("agent", "app:2"))
    made.settle()
    made.advance(60)
    assert images(made) == ["app:1", "app:1"]
    made.delete("pods", made.list("pods")[0]["metadata"]["name"])
    made.settle()
    made.advance(60)
    assert images(made) == ["app:1", "app:2"]


def test_templates_are_kept_as_revisions_and_one_that_comes_back_is_the_newest() -> None:
    made = begin(1, revisionHistoryLimit=1)
    for image in ("app:2", "app:3", "app:2"):
        set_spec(made, SETS, "agent", template=template("agent", image))
        made.settle()
        made.advance(60)
    found = {
        each["revision"]: each["data"]["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in made.list("controllerrevisions.apps")
    }
    assert found == {3: "app:3", 4: "app:2"}
    (pod,) = made.list("pods")
    hashes = {
        each["metadata"]["labels"]["controller-revision-hash"]
        for each in made.list("controllerrevisions.apps")
        if each["revision"] == 4
    }
    assert hashes == {pod["metadata"]["labels"]["controller-revision-hash"]}


def test_a_failed_pod_makes_room_after_a_while() -> None:
    made = begin(1)
    (pod,) = made.list("pods")
    made.change(
        "pods",
        pod["metadata"]["name"],
        lambda obj: obj["status"].update(phase="Failed"),
        subresource="status",
    )
    made.settle()
    made.advance(60)
    assert places(made) == ["n0"]
    assert made.list("pods")[0]["metadata"]["uid"] != pod["metadata"]["uid"]
    assert made.messages("FailedDaemonPod")


def test_everything_goes_with_it() -> None:
    made = begin(2)
    made.delete(SETS, "agent")
    made.settle()
    made.advance(60)
    assert not made.list("pods") and not made.list("controllerrevisions.apps")
