"""Rollouts from the outside: what a person sees of a deployment that changes."""

from __future__ import annotations

from kctl.controllers.plugin import object_controllers
from kctl.scheduler.plugin import kctl_filters, kctl_schedulers, kctl_scores
from kctl.testing.instant_pods import InstantPods
from kctl.testing.world import World
from tests.unit.controllers.objects import (
    condition,
    deployment,
    service,
    set_image,
    set_spec,
    sizes,
    template,
    world,
)

DEPLOYMENTS, SETS = "deployments.apps", "replicasets.apps"


def broken_world(*images: str, ready_after: float = 0.0) -> World:
    pods = InstantPods(ready_after)
    pods.broken_images.update(images)
    schedulers = kctl_schedulers(kctl_filters(), kctl_scores())
    return world(controllers=[*object_controllers(schedulers), pods])


def test_a_new_deployment_becomes_available() -> None:
    made = world()
    made.create(deployment())
    made.settle()
    (replica_set,) = made.list(SETS)
    name = replica_set["metadata"]["name"]
    suffix = replica_set["metadata"]["labels"]["pod-template-hash"]
    assert name == f"web-{suffix}"
    assert len(suffix) == 10 and set(suffix) <= set("bcdfghjklmnpqrstvwxz2456789")
    assert replica_set["spec"]["selector"]["matchLabels"] == {
        "app": "web",
        "pod-template-hash": suffix,
    }
    assert replica_set["metadata"]["annotations"] == {
        "deployment.kubernetes.io/revision": "1",
        "deployment.kubernetes.io/desired-replicas": "3",
        "deployment.kubernetes.io/max-replicas": "4",
    }
    one = made.get(DEPLOYMENTS, "web")
    assert one is not None
    assert one["metadata"]["annotations"] == {"deployment.kubernetes.io/revision": "1"}
    counts = {k: v for k, v in one["status"].items() if k != "conditions"}
    assert counts == {
        "observedGeneration": 1,
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "terminatingReplicas": 0,
    }
    assert condition(one, "Available") == (
        "True",
        "MinimumReplicasAvailable",
        "Deployment has minimum availability.",
    )
    assert condition(one, "Progressing") == (
        "True",
        "NewReplicaSetAvailable",
        f'ReplicaSet "{name}" has successfully progressed.',
    )
    assert made.messages("ScalingReplicaSet") == [f"Scaled up replica set {name} from 0 to 3"]


def test_a_settled_world_stays_settled() -> None:
    made = world()
    made.create(deployment())
    made.create(service())
    made.settle()
    before = made.revision
    made.events.clear()
    made.touch_everything()
    made.settle()
    assert made.revision == before
    assert made.events == []


def test_a_new_template_rolls_out_one_for_one() -> None:
    made = world()
    made.create(deployment())
    made.settle()
    made.events.clear()
    set_image(made, "app:2")
    made.settle()
    assert sizes(made) == {"app:1": 0, "app:2": 3}
    old, new = (
        next(s["metadata"]["name"] for s in made.list(SETS) if _image(s) == f"app:{n}")
        for n in (1, 2)
    )
    assert made.messages("ScalingReplicaSet") == [
        f"Scaled up replica set {new} from 0 to 1",
        f"Scaled down replica set {old} from 3 to 2",
        f"Scaled up replica set {new} from 1 to 2",
        f"Scaled down replica set {old} from 2 to 1",
        f"Scaled up replica set {new} from 2 to 3",
        f"Scaled down replica set {old} from 1 to 0",
    ]


def test_undo_uses_the_old_replica_set_with_a_new_revision() -> None:
    made = world()
    made.create(deployment())
    made.settle()
    set_image(made, "app:2")
    made.settle()
    set_image(made, "app:1")
    made.settle()
    assert sizes(made) == {"app:1": 3, "app:2": 0}
    assert len(made.list(SETS)) == 2
    revisions = {
        _image(each): each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        for each in made.list(SETS)
    }
    assert revisions == {"app:1": "3", "app:2": "2"}
    old = next(each for each in made.list(SETS) if _image(each) == "app:1")
    assert old["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
    one = made.get(DEPLOYMENTS, "web")
    assert one is not None
    assert one["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


def test_a_broken_image_stops_at_max_unavailable_and_times_out() -> None:
    made = broken_world("bad")
    made.create(deployment(replicas=4, progressDeadlineSeconds=60))
    made.settle()
    set_image(made, "bad")
    made.settle()
    assert sizes(made) == {"app:1": 3, "bad": 2}
    one = made.get(DEPLOYMENTS, "web")
    assert condition(one, "Progressing")[:2] == ("True", "ReplicaSetUpdated")
    assert condition(one, "Available")[0] == "True"
    made.advance(59)
    assert condition(made.get(DEPLOYMENTS, "web"), "Progressing")[0] == "True"
    made.advance(3)
    new = next(each["metadata"]["name"] for each in made.list(SETS) if _image(each) == "bad")
    assert condition(made.get(DEPLOYMENTS, "web"), "Progressing") == (
        "False",
        "ProgressDeadlineExceeded",
        f'ReplicaSet "{new}" has timed out progressing.',
    )
    set_image(made, "app:1")
    made.settle()
    assert sizes(made) == {"app:1": 4, "bad": 0}
    assert condition(made.get(DEPLOYMENTS, "web"), "Progressing")[:2] == (
        "True",
        "NewReplicaSetAvailable",
    )


def test_a_paused_deployment_scales_but_does_not_roll() -> None:
    made = world()
    made.create(deployment())
    made.settle()
    set_spec(made, DEPLOYMENTS, "web", paused=True)
    set_image(made, "app:2")
    set_spec(made, DEPLOYMENTS, "web", replicas=5)
    made.settle()
    assert sizes(made) == {"app:1": 5}
    one = made.get(DEPLOYMENTS, "web")
    assert condition(one, "Progressing") == ("Unknown", "DeploymentPaused", "Deployment is paused")
    set_spec(made, DEPLOYMENTS, "web", paused=False)
    made.settle()
    assert sizes(made) == {"app:1": 0, "app:2": 5}
    assert condition(made.get(DEPLOYMENTS, "web"), "Progressing")[1] == "NewReplicaSetAvailable"


def test_scaling_in_the_middle_of_a_rollout_is_proportional() -> None:
    made = broken_world("bad")
    made.create(deployment(replicas=10, surge=3, unavailable=2))
    made.settle()
    set_image(made, "bad")
    made.settle()
    assert sizes(made) == {"app:1": 8, "bad": 5}
    set_spec(made, DEPLOYMENTS, "web", replicas=15)
    made.settle()
    assert sizes(made) == {"app:1": 11, "bad": 7}


def test_recreate_starts_the_new_only_when_the_old_are_gone() -> None:
    made = world()
    made.create(deployment(strategy={"type": "Recreate"}))
    made.settle()
    made.silence("n0")
    made.settle()
    set_image(made, "app:2")
    made.settle()
    assert sizes(made) == {"app:1": 0}
    left = made.list("pods")
    assert left and all(each["metadata"].get("deletionTimestamp") for each in left)
    made.answer("n0")
    made.settle()
    assert sizes(made) == {"app:1": 0, "app:2": 3}


def test_min_ready_seconds_hold_back_the_rollout() -> None:
    made = world()
    made.create(deployment(replicas=2, minReadySeconds=10, surge=1, unavailable=0))
    made.advance(11)
    set_image(made, "app:2")
    made.settle()
    assert sizes(made) == {"app:1": 2, "app:2": 1}
    made.advance(9)
    assert sizes(made) == {"app:1": 2, "app:2": 1}
    made.advance(2)
    assert sizes(made) == {"app:1": 1, "app:2": 2}
    made.advance(12)
    assert sizes(made) == {"app:1": 0, "app:2": 2}


def test_old_replica_sets_beyond_the_limit_are_forgotten() -> None:
    made = world()
    made.create(deployment(revisionHistoryLimit=2))
    for number in range(2, 7):
        set_image(made, f"app:{number}")
        made.advance(1)
    assert sorted(map(_image, made.list(SETS))) == ["app:4", "app:5", "app:6"]


def test_scaling_keeps_the_revision() -> None:
    made = world()
    made.create(deployment())
    made.settle()
    set_spec(made, DEPLOYMENTS, "web", replicas=1)
    made.settle()
    (only,) = made.list(SETS)
    assert only["spec"]["replicas"] == 1
    assert only["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
    assert only["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"] == "2"
    assert len(made.list("pods")) == 1


def test_a_name_that_is_taken_is_counted_as_a_collision() -> None:
    made = world()
    made.create(deployment("web"))
    made.settle()
    (first,) = made.list(SETS)
    name = first["metadata"]["name"]
    other = world()
    other.create(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": name},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"app": "foreign"}},
                "template": template("foreign"),
            },
        }
    )
    other.create(deployment("web"))
    other.settle()
    one = other.get(DEPLOYMENTS, "web")
    assert one is not None and one["status"]["collisionCount"] == 1
    assert one["status"]["availableReplicas"] == 3
    assert len(other.list(SETS)) == 2


def test_annotations_of_the_deployment_reach_its_replica_set() -> None:
    made = world()
    one = deployment()
    one["metadata"]["annotations"] = {
        "kubernetes.io/change-cause": "first",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }
    made.create(one)
    made.settle()
    (only,) = made.list(SETS)
    assert only["metadata"]["annotations"]["kubernetes.io/change-cause"] == "first"
    assert "kubectl.kubernetes.io/last-applied-configuration" not in only["metadata"]["annotations"]


def _image(replica_set: dict[str, object]) -> str:
    spec = replica_set["spec"]
    assert isinstance(spec, dict)
    return str(spec["template"]["spec"]["containers"][0]["image"])
