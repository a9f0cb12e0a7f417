"""What a pod asks for reaches its processes: several containers, identity, limits."""

from __future__ import annotations

import socket
import time
from typing import Any

import docker
import pytest

from kctl.runtime.operations import RemoveContainer, StopContainer

from .conftest import World, eventually

pytestmark = pytest.mark.docker


def _once(world: World, script: str, **spec: Any) -> str:
    """The output of a pod that runs `script` to its end."""
    pod = world.pod("once", restartPolicy="Never", **spec)
    pod["spec"]["containers"][0]["command"] = ["sh", "-c", script]
    container = world.started(pod)
    world.ended(pod)
    output = world.output(container)
    world.terminate(pod)
    return output


def test_several_containers_share_address_name_and_loopback(
    world: World, api: docker.APIClient
) -> None:
    pod = world.pod(
        "pair",
        container={"command": ["httpd", "-f", "-p", "8080", "-h", "/www"]},
        shareProcessNamespace=True,
    )
    script = "hostname; until wget -qO- http://127.0.0.1:8080/; do sleep 0.05; done; ls /proc"
    script = script.replace("hostname", "cat /etc/hostname")
    side = {"name": "side", "image": world.image, "command": ["sh", "-c", script]}
    pod["spec"]["containers"].append(side)
    pod["spec"]["restartPolicy"] = "Never"
    world.started(pod)
    other = world.started(pod, "side")
    world.ended(pod, "side")
    assert world.output(other).startswith("pair\nhello\n")
    seen = world.runtime.observe().pods[pod["metadata"]["uid"]]
    assert seen.sandbox is not None and seen.sandbox.state == "running"
    assert seen.address == pod["status"]["podIP"]
    began = time.monotonic()
    world.terminate(pod)
    assert time.monotonic() - began < 4
    assert not api.containers(all=True, filters={"name": pod["metadata"]["uid"]})


def test_init_containers_run_in_the_sandbox_before(world: World) -> None:
    pod = world.pod("staged", restartPolicy="Always")
    command = ["sh", "-c", "exit 0"]
    pod["spec"]["initContainers"] = [{"name": "init", "image": world.image, "command": command}]
    world.started(pod, "init", init=True)
    assert world.ended(pod, "init").exit_code == 0
    world.started(pod)
    seen = world.runtime.observe().pods[pod["metadata"]["uid"]]
    assert [each.name for each in seen.containers] == ["POD", "init", "main"]
    world.terminate(pod)


def test_a_dead_sandbox_is_replaced_when_a_container_starts(
    world: World, api: docker.APIClient
) -> None:
    pod = world.pod("reborn")
    pod["spec"]["containers"].append(
        {"name": "two", "image": world.image, "command": ["sleep", "9"]}
    )
    world.started(pod)
    uid = pod["metadata"]["uid"]
    first = world.runtime.observe().pods[uid].sandbox
    assert first is not None
    api.kill(first.id)
    eventually(lambda: world.runtime.observe().pods[uid].sandbox.state == "exited")  # type: ignore[union-attr]
    outcome = world.start(pod, "two")
    assert outcome.ok, outcome.message
    assert outcome.pod is not None and outcome.pod.sandbox is not None
    assert (outcome.pod.sandbox.attempt, outcome.pod.sandbox.state) == (1, "running")
    world.terminate(pod, 0)


def test_environment_arguments_and_working_directory(world: World) -> None:
    pod = world.pod("spoken", restartPolicy="Never", container={"workingDir": "/tmp"})
    del pod["spec"]["containers"][0]["command"]
    container = world.started(
        pod,
        command=("sh", "-c"),
        args=('echo $A "$B"; cat /proc/self/cwd/x 2>/dev/null; echo $PWD',),
        environment=(("A", "1"), ("B", "two words")),
    )
    world.ended(pod)
    assert world.output(container) == "1 two words\n/tmp\n"
    world.terminate(pod)


def test_identity_and_limits_reach_the_process(world: World, api: docker.APIClient) -> None:
    context = {
        "runAsUser": 1000,
        "runAsGroup": 2000,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
    }
    resources = {"requests": {"cpu": "250m"}, "limits": {"cpu": "500m", "memory": "64Mi"}}
    output = _once(
        world,
        "id; cat /proc/self/status; echo x > /tmp/x || echo read-only",
        container={"securityContext": context, "resources": resources},
    )
    assert "uid=1000 gid=2000" in output
    assert "NoNewPrivs:\t1" in output
    assert "CapBnd:\t0000000000000400" in output
    assert "read-only" in output
    pod = world.pod("limited", container={"resources": resources})
    host = api.inspect_container(world.started(pod))["HostConfig"]
    assert (host["CpuShares"], host["CpuQuota"], host["CpuPeriod"]) == (256, 50000, 100000)
    assert host["Memory"] == 64 * 1024**2
    world.terminate(pod, 0)


def test_names_of_the_pod_and_its_aliases(world: World) -> None:
    from kctl.runtime.operations import PodNetwork

    address = f"{world.prefix}.200"
    network = PodNetwork(
        address,
        "db-0",
        dns_servers=("192.168.255.53",),
        dns_searches=("default.svc.cluster.local",),
        dns_options=("ndots:5",),
        host_aliases=(("10.1.2.3", "outside"),),
    )
    pod = world.pod("db", restartPolicy="Never", subdomain="db")
    pod["spec"]["containers"][0]["command"] = ["sh", "-c", "cat /etc/hosts /etc/resolv.conf"]
    container = world.started(pod, network=network)
    world.ended(pod)
    output = world.output(container)
    assert f"{address}\tdb-0.db.default.svc.cluster.local db-0" in output
    assert "10.1.2.3\toutside" in output
    assert "search default.svc.cluster.local" in output
    assert "ndots:5" in output
    world.terminate(pod)


def test_a_host_port_answers_on_loopback_alone_where_it_says_so(world: World) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ports = [{"containerPort": 8080, "hostPort": port, "hostIP": "127.0.0.1"}]
    command = ["httpd", "-f", "-p", "8080", "-h", "/www"]
    pod = world.pod("published", container={"command": command, "ports": ports})
    world.started(pod)

    def answers() -> bool:
        with socket.create_connection(("127.0.0.1", port), 1) as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b"hello" in b"".join(iter(lambda: sock.recv(4096), b""))

    assert eventually(answers)
    world.terminate(pod, 0)


def test_a_taken_host_port_is_the_outcome_in_the_engines_words(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = [{"containerPort": 80, "hostPort": port, "hostIP": "127.0.0.1"}]
        pod = world.pod("late", container={"ports": ports})
        outcome = world.start(pod)
    assert (outcome.ok, outcome.reason) == (False, "RunContainerError")
    assert "address already in use" in outcome.message
    world.terminate(pod, 0)


def test_host_network_pods_see_the_host(world: World) -> None:
    output = _once(world, "cat /proc/net/route", hostNetwork=True)
    with open("/proc/net/route") as routes:
        assert output.splitlines()[1].split()[0] in routes.read()


def test_root_is_refused_where_the_pod_says_so(world: World) -> None:
    pod = world.pod("rootless", securityContext={"runAsNonRoot": True})
    outcome = world.start(pod)
    assert outcome.reason == "CreateContainerConfigError"
    meta = pod["metadata"]
    where = f'(pod: "rootless_default({meta["uid"]})", container: main)'
    assert outcome.message == (f"container has runAsNonRoot and image will run as root {where}")


def test_a_command_that_is_not_there_is_a_run_error(world: World) -> None:
    pod = world.pod("typo", container={"command": ["/no/such/program"]})
    outcome = world.start(pod)
    assert (outcome.ok, outcome.reason) == (False, "RunContainerError")
    assert "/no/such/program" in outcome.message
    assert outcome.pod is not None
    state = outcome.pod.newest("main")
    assert state is not None and state.state == "created"
    again = world.start(pod, attempt=1, command=("sleep", "60"))
    assert again.ok, again.message
    assert again.pod is not None
    old = again.pod.attempts("main")[1]
    uid = pod["metadata"]["uid"]
    assert world.runtime.execute(RemoveContainer("here", uid, "main", old.id)).ok
    assert len(world.runtime.observe().pods[uid].containers) == 1
    world.terminate(pod, 0)


def test_what_was_killed_by_hand_does_not_come_back_beside_its_successor(
    world: World, api: docker.APIClient
) -> None:
    pod = world.pod("killed")
    first = world.started(pod)
    api.kill(first)
    world.ended(pod)
    second = world.started(pod, attempt=1)
    policies = [
        api.inspect_container(each)["HostConfig"]["RestartPolicy"]["Name"]
        for each in (first, second)
    ]
    assert policies == ["no", "always"]
    world.terminate(pod, 0)


def test_what_cannot_be_honoured_is_said(world: World) -> None:
    resources = {"limits": {"example.com/gpu": "1"}}
    pod = world.pod("greedy", container={"resources": resources})
    outcome = world.start(pod)
    assert outcome.ok
    assert outcome.events[0] == (
        "Warning",
        "NotHonoured",
        "a Docker host cannot honour resources: example.com/gpu",
    )
    world.terminate(pod, 0)


def test_a_stopped_container_is_made_anew_under_the_same_address(
    world: World, api: docker.APIClient
) -> None:
    pod = world.pod("again")
    container = world.started(pod)
    uid = pod["metadata"]["uid"]
    words = "Container main failed liveness probe, will be restarted"
    stop = StopContainer("here", uid, "main", container, 5, pod, words)
    outcome = world.runtime.execute(stop)
    assert outcome.ok
    assert outcome.events == (("Normal", "Killing", words),)
    refused = world.start(pod, attempt=1, restarts=1)
    assert refused.ok, refused.message
    assert refused.pod is not None
    assert refused.pod.address == pod["status"]["podIP"]
    newest = refused.pod.newest("main")
    assert newest is not None
    assert (newest.attempt, newest.restarts) == (1, 1)
    assert world.runtime.execute(stop).ok  # dead already
    policies = [
        api.inspect_container(each.id)["HostConfig"]["RestartPolicy"]["Name"]
        for each in refused.pod.attempts("main")
    ]
    assert policies == ["always", "no"]
    world.terminate(pod, 0)
