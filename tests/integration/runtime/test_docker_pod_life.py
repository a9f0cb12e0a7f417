"""A pod of one container on a real engine, from its start to its end."""

from __future__ import annotations

import docker
import pytest

from .conftest import World, eventually

pytestmark = pytest.mark.docker


def test_a_started_pod_is_observed_with_its_address_and_names(
    world: World, api: docker.APIClient
) -> None:
    pod = world.pod("named")
    outcome = world.start(pod)
    assert outcome.ok, outcome.message
    assert [each[1] for each in outcome.events] == ["Pulled", "Created", "Started"]
    uid = pod["metadata"]["uid"]
    seen = world.runtime.observe().pods[uid]
    assert seen == outcome.pod
    assert (seen.namespace, seen.name) == ("default", "named")
    assert seen.address == pod["status"]["podIP"]
    state = seen.newest("main")
    assert state is not None
    assert (state.state, state.attempt, state.restarts, state.exit_code) == ("running", 0, 0, None)
    found = api.inspect_container(f"k8s_main_named_default_{uid}_0")
    assert found["Config"]["Labels"]["io.kubernetes.pod.name"] == "named"
    assert found["HostConfig"]["RestartPolicy"]["Name"] == "always"
    world.terminate(pod)


def test_termination_stops_within_the_grace_period_and_leaves_nothing(
    world: World, api: docker.APIClient
) -> None:
    pod = world.pod("leaver", volumes=[{"name": "data", "emptyDir": {}}])
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    world.started(pod)
    outcome = world.terminate(pod)
    assert outcome.ok, outcome.message
    assert ("Normal", "Killing", "Stopping container main") in outcome.events
    uid = pod["metadata"]["uid"]
    assert uid not in world.runtime.observe().pods
    assert not [each for each in api.volumes()["Volumes"] or [] if uid in each["Name"]]
    assert world.terminate(pod).ok


def test_a_dead_container_tells_its_exit_code(world: World) -> None:
    pod = world.pod("mortal", restartPolicy="Never", container={"command": ["sh", "-c", "exit 7"]})
    assert world.start(pod).ok
    state = world.ended(pod)
    assert (state.exit_code, state.restarts) == (7, 0)
    assert state.finished_at >= state.started_at > 0
    world.terminate(pod)


def test_the_engine_restarts_what_dies_and_the_restart_is_counted(world: World) -> None:
    pod = world.pod("phoenix", container={"command": ["sh", "-c", "sleep 0.2; exit 3"]})
    container = world.started(pod)
    uid = pod["metadata"]["uid"]

    def restarted() -> bool:
        state = world.runtime.observe().pods[uid].newest("main")
        return (
            state is not None
            and (state.id, state.state, state.exit_code) == (container, "running", 3)
            and state.restarts >= 2
        )

    eventually(restarted)
    world.terminate(pod)


def test_logs_are_lines_of_both_streams_with_tail_and_timestamps(world: World) -> None:
    script = "echo one; sleep 0.05; echo two >&2; sleep 0.05; echo -n three"
    pod = world.pod("talker", restartPolicy="Never", container={"command": ["sh", "-c", script]})
    container = world.started(pod)
    world.ended(pod)
    assert list(world.runtime.logs(container)) == [b"one\n", b"two\n", b"three"]
    assert list(world.runtime.logs(container, tail=2)) == [b"two\n", b"three"]
    stamped = next(iter(world.runtime.logs(container, timestamps=True)))
    assert stamped.endswith(b"Z one\n")
    world.terminate(pod)


def test_logs_follow_until_the_container_ends(world: World) -> None:
    script = "for i in 1 2 3; do echo $i; sleep 0.1; done"
    pod = world.pod("counter", restartPolicy="Never", container={"command": ["sh", "-c", script]})
    container = world.started(pod)
    assert list(world.runtime.logs(container, follow=True)) == [b"1\n", b"2\n", b"3\n"]
    world.terminate(pod)


def test_the_last_words_of_a_container_are_its_error(world: World) -> None:
    script = "echo from the file > /tmp/last; echo from the log; exit 1"
    file = {"terminationMessagePath": "/tmp/last", "command": ["sh", "-c", script]}
    fallback = {
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "command": ["sh", "-c", script],
    }
    for container, words in ((file, "from the file\n"), (fallback, "from the log\n")):
        pod = world.pod("last-words", restartPolicy="Never", container=container)
        world.started(pod)
        assert world.ended(pod).error == words
        world.terminate(pod)
