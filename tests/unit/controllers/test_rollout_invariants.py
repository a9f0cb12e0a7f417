"""What never happens in a rollout, whatever order the controllers run in."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.controllers import deployment_replicas as replicas
from kctl.controllers.common import available_at, pod_active
from kctl.controllers.deployment import DeploymentController
from kctl.controllers.replicaset import ReplicaSetController
from kctl.controllers.scheduling import SchedulingController
from kctl.scheduler.plugin import kctl_filters, kctl_schedulers, kctl_scores
from kctl.testing.instant_pods import InstantPods
from kctl.testing.world import World
from tests.unit.controllers.objects import deployment, set_image, set_spec, sizes

bound = st.one_of(st.integers(0, 4), st.sampled_from(["0%", "10%", "25%", "50%", "100%"]))
bounds = st.tuples(bound, bound).filter(lambda both: not set(both) <= {0, "0%"})


def _world() -> World:
    schedulers = kctl_schedulers(kctl_filters(), kctl_scores())
    controllers = [
        DeploymentController(),
        ReplicaSetController(),
        SchedulingController(schedulers),
        InstantPods(ready_after=1),
    ]
    made = World(controllers)
    node = made.add_node("n0")
    made.change(
        "nodes",
        node["metadata"]["name"],
        lambda obj: obj.update(
            status={"allocatable": {"cpu": "64", "memory": "64Gi", "pods": "500"}}
        ),
        subresource="status",
    )
    return made


def _available(made: World) -> int:
    now = made.clock.time()
    return sum(
        pod_active(each) and (at := available_at(each, 0)) is not None and at <= now
        for each in made.list("pods")
    )


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12),
    bounds,
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 0, 0, 1])), max_size=60),
)
def test_never_above_surge_nor_below_what_must_be_available(
    wanted: int, allowed: tuple[int | str, int | str], steps: list[tuple[int, int]]
) -> None:
    surge, unavailable = allowed
    made = _world()
    made.create(deployment(replicas=wanted, surge=surge, unavailable=unavailable))
    made.advance(2)
    assert _available(made) == wanted
    set_image(made, "app:2")
    one = made.get("deployments.apps", "web")
    assert one is not None
    most = wanted + replicas.max_surge(one)
    least = wanted - replicas.max_unavailable(one)

    def check() -> None:
        assert sum(sizes(made).values()) <= most
        assert sum(map(pod_active, made.list("pods"))) <= most
        assert _available(made) >= least

    made.after_step = check
    for which, seconds in steps:
        made.step(made.controllers[which])
        if seconds:
            made.advance(seconds)
    made.advance(60)
    assert sizes(made) == {"app:1": 0, "app:2": wanted}
    assert _available(made) == wanted


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("image"), st.integers(1, 3)),
            st.tuples(st.just("replicas"), st.integers(0, 8)),
            st.tuples(st.just("paused"), st.integers(0, 1)),
            st.tuples(st.just("wait"), st.integers(0, 3)),
        ),
        max_size=12,
    )
)
def test_whatever_is_asked_the_last_word_is_reached(asked: list[tuple[str, int]]) -> None:
    made = _world()
    made.create(deployment(replicas=3))
    image, wanted = "app:1", 3
    for what, value in asked:
        if what == "image":
            image = f"app:{value}"
            set_image(made, image)
        elif what == "replicas":
            wanted = value
            set_spec(made, "deployments.apps", "web", replicas=value)
        elif what == "paused":
            set_spec(made, "deployments.apps", "web", paused=bool(value))
        else:
            made.advance(value)
    set_spec(made, "deployments.apps", "web", paused=False)
    made.advance(60)
    assert {name: size for name, size in sizes(made).items() if size} == (
        {image: wanted} if wanted else {}
    )
    assert _available(made) == wanted
