"""Images on a real engine that reaches no registry."""

from __future__ import annotations

import docker
import pytest

from kctl.runtime.docker.pause import PROGRAMS

from .conftest import World

pytestmark = pytest.mark.docker
MISSING = "registry.invalid/none/such:1"


def test_a_pull_that_fails_is_err_image_pull_in_the_engines_words(world: World) -> None:
    pod = world.pod("puller", container={"image": MISSING})
    outcome = world.start(pod)
    assert (outcome.ok, outcome.reason) == (False, "ErrImagePull")
    assert outcome.message.startswith("Error response from daemon: ")
    assert outcome.events == (
        ("Normal", "Pulling", f'Pulling image "{MISSING}"'),
        ("Warning", "Failed", f'Failed to pull image "{MISSING}": {outcome.message}'),
        ("Warning", "Failed", "Error: ErrImagePull"),
    )


def test_never_does_not_pull(world: World) -> None:
    pod = world.pod("never", container={"image": MISSING, "imagePullPolicy": "Never"})
    outcome = world.start(pod)
    assert outcome.reason == "ErrImageNeverPull"
    text = f'Container image "{MISSING}" is not present with pull policy of Never'
    assert outcome.message == text
    assert outcome.events[0] == ("Warning", "ErrImageNeverPull", text)


def test_always_pulls_an_image_that_is_there(world: World) -> None:
    pod = world.pod("always", container={"imagePullPolicy": "Always"})
    outcome = world.start(pod)
    assert outcome.reason == "ErrImagePull"
    assert outcome.events[0][1] == "Pulling"


def test_an_invalid_name_never_reaches_the_engine(world: World) -> None:
    outcome = world.start(world.pod("shouting", container={"image": "UPPER/Case"}))
    assert outcome.reason == "InvalidImageName"
    assert outcome.message.startswith(
        'Failed to apply default image tag "UPPER/Case": couldn\'t parse image name "UPPER/Case"'
    )


def test_the_pause_image_is_small_and_stops_at_once(world: World, api: docker.APIClient) -> None:
    pod = world.pod("two")
    pod["spec"]["containers"].append(
        {"name": "b", "image": world.image, "command": ["sleep", "60"]}
    )
    world.started(pod)
    seen = world.runtime.observe().pods[pod["metadata"]["uid"]].sandbox
    assert seen is not None
    assert api.inspect_image(seen.image)["Size"] == len(PROGRAMS["amd64"])
    api.stop(seen.id, timeout=10)
    state = world.runtime.observe().pods[pod["metadata"]["uid"]].sandbox
    assert state is not None and state.exit_code == 0
    world.terminate(pod, 0)
