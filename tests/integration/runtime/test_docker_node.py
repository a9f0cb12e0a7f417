"""The node as a whole: facts, network, events, cleaning, an engine that is down."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import docker
import pytest

from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.operations import CleanNode, NetworkSettings, PrepareNode
from kctl.runtime.types import RuntimeEvent

from .conftest import URL, World, eventually

pytestmark = pytest.mark.docker


def test_facts_are_those_of_this_machine(world: World, api: docker.APIClient) -> None:
    seen = world.runtime.observe(facts=True)
    assert seen.reachable and seen.network and seen.facts is not None
    facts = seen.facts
    assert facts.hostname == os.uname().nodename
    assert facts.cpus == os.cpu_count()
    assert facts.memory == api.info()["MemTotal"]
    assert facts.info["kernelVersion"] == os.uname().release
    assert facts.info["containerRuntimeVersion"].startswith("docker://")
    assert "+" not in facts.info["containerRuntimeVersion"]
    assert facts.info["machineID"] == Path("/etc/machine-id").read_text().strip()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert facts.info["bootID"] == boot
    assert dict(facts.addresses)["Hostname"] == os.uname().nodename
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))  # sends nothing: asks the kernel for the route
        assert dict(facts.addresses)["InternalIP"] == probe.getsockname()[0]
    assert facts.storage > 0
    assert any(world.image in names for names, _ in facts.images)


def test_a_network_in_the_way_is_named(world: World) -> None:
    clashing = NetworkSettings(
        name="kctl-test-clash",
        subnet=world.network.subnet,
        pod_cidr=world.network.subnet,
        gateway=world.network.gateway,
        cluster="kctl-test-clash",
    )
    other = DockerRuntime(URL, "here", {"cluster-id": "kctl-test-clash"})
    outcome = other.execute(PrepareNode("here", clashing))
    other.close()
    assert outcome.message == (
        f"the pod network {world.network.subnet} overlaps with the network "
        f'"{world.network.name}" ({world.network.subnet}) of this engine; remove that network, '
        "or choose another cluster-cidr"
    )


def test_preparing_twice_changes_nothing(world: World, api: docker.APIClient) -> None:
    before = api.inspect_network(world.network.name)["Id"]
    assert world.runtime.execute(PrepareNode("here", world.network)).ok
    assert api.inspect_network(world.network.name)["Id"] == before


def test_events_hint_at_what_died(world: World) -> None:
    stop = threading.Event()
    caught: list[RuntimeEvent] = []

    def listen() -> None:
        for event in world.runtime.events(stop):
            caught.append(event)

    thread = threading.Thread(target=listen)
    thread.start()
    time.sleep(0.2)
    pod = world.pod("brief", restartPolicy="Never", container={"command": ["sh", "-c", "exit 0"]})
    world.started(pod)
    died = RuntimeEvent("here", pod["metadata"]["uid"], "main", "die")
    eventually(lambda: died in caught)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    world.terminate(pod)


def test_the_digest_follows_the_containers(world: World) -> None:
    from kctl.runtime.docker.digest import peek

    before, began = world.runtime.observe().digest, time.time()
    pod = world.pod("seen")
    world.started(pod)
    during = world.runtime.observe().digest
    later = time.time() + 60  # as if the last pass had ended after the start
    assert before != during == world.runtime.observe().digest == peek(URL, world.cluster, later)
    assert peek(URL, world.cluster, began - 5) == "", "something was started since"
    world.terminate(pod, 0)
    assert world.runtime.observe().digest == before


def test_a_settled_look_is_one_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = world.pod("settled")
    world.started(pod)
    import requests

    sent: list[str] = []
    plain = requests.Session.send

    def send(self: requests.Session, request: requests.PreparedRequest, **more: object) -> object:
        sent.append(str(request.url))
        return plain(self, request, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(requests.Session, "send", send)
    deadline = time.monotonic() + 20
    while len(sent) != 1 and time.monotonic() < deadline:
        time.sleep(1)  # a container that has just started is looked at more closely
        sent.clear()
        world.runtime.observe()
    assert len(sent) == 1 and "/containers/json" in sent[0]
    world.terminate(pod, 0)


def test_cleaning_leaves_nothing_of_the_control_plane(image: str, api: docker.APIClient) -> None:
    world = World(image)
    assert world.runtime.execute(PrepareNode("here", world.network)).ok
    mount = {"name": "v", "mountPath": "/v"}
    pod = world.pod(
        "left", volumes=[{"name": "v", "emptyDir": {}}], container={"volumeMounts": [mount]}
    )
    world.started(pod)
    assert world.runtime.execute(CleanNode("here")).ok
    mine = {"label": [f"io.kctl.cluster={world.cluster}"]}
    assert not api.containers(all=True, filters=mine)
    assert not api.networks(filters=mine)
    assert not api.volumes(filters=mine)["Volumes"]
    assert not world.runtime.observe().network
    missing = world.start(world.pod("early"))
    assert missing.message == "the pod network of this node is not there yet"
    world.runtime.close()


def test_an_engine_that_is_down_is_a_value(tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/none.sock"
    runtime = DockerRuntime(url, "away", {"cluster-id": "x"})
    words = f"Cannot connect to the Docker daemon at {url}. Is the docker daemon running?"
    seen = runtime.observe(facts=True)
    assert (seen.reachable, seen.error) == (False, words)
    outcome = runtime.execute(CleanNode("away"))
    assert (outcome.ok, outcome.reason, outcome.message) == (False, "Unreachable", words)
    runtime.close()


def test_an_engine_that_does_not_answer_costs_a_bounded_wait(tmp_path: Path) -> None:
    from kctl.runtime.docker.client import Engine
    from kctl.runtime.types import HostUnreachable

    path = f"{tmp_path}/deaf.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(path)
        deaf.listen()
        engine = Engine(f"unix://{path}", quick=1, patient=1)
        began = time.monotonic()
        with pytest.raises(HostUnreachable, match="did not answer within 1 s"):
            engine.containers({})
        assert time.monotonic() - began < 3
