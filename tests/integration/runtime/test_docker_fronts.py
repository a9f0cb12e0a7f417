"""Load-balancer containers on a real engine, with the real HAProxy of this machine."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from kctl.network.types import Front, ImageRecipe
from kctl.runtime.operations import ApplyFront, Outcome, RemoveFront

from .conftest import World, eventually

pytestmark = pytest.mark.docker

CONFIG = "/etc/haproxy/haproxy.cfg"
RECIPE = ImageRecipe(
    name=f"kctl-test-lb-{uuid.uuid4().hex[:8]}",
    binaries=("haproxy", "sh", "sleep"),
    files=(("/etc/group", b"root:x:0:\n", 0o644),),
    packages={"haproxy": "haproxy"},
)


def _haproxy(generation: str, address: str, more: str = "", **changes: Any) -> Front:
    text = f"""
global
    hard-stop-after 30s
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
listen confirm
    bind {address}:8404
    http-request return status 200 content-type text/plain string {generation}
{more}
"""
    front = Front(
        name="lb",
        image=RECIPE,
        command=("haproxy", "-W", "-f", CONFIG),
        network="pod",
        address=address,
        capabilities=("NET_BIND_SERVICE",),
        files={CONFIG: text.encode()},
        candidate={CONFIG: f"{CONFIG}.new"},
        check=("haproxy", "-c", "-f", f"{CONFIG}.new"),
        reload="SIGUSR2",
        confirm=(address, 8404, "/", generation),
        workers=2,
    )
    return dataclasses.replace(front, **changes)


def _apply(world: World, front: Front) -> Outcome:
    return world.runtime.execute(ApplyFront("here", front, world.network))


@pytest.fixture
def address(world: World) -> Iterator[str]:
    yield f"{world.prefix}.2"
    assert world.runtime.execute(RemoveFront("here", "lb")).ok
    assert world.runtime.observe().fronts == {}


def _id(api: docker.APIClient, world: World, name: str = "lb") -> str:
    return str(api.inspect_container(f"kctl_{name}_{world.cluster}")["Id"])


def test_a_front_is_made_reloaded_and_recreated(
    world: World, api: docker.APIClient, address: str
) -> None:
    first = _haproxy("one", address)
    made = _apply(world, first)
    assert made.ok, made.message
    assert made.front is not None
    assert (made.front.running, made.front.digest) == (True, first.digest)
    container = _id(api, world)
    second = _haproxy("two", address)
    reloaded = _apply(world, second)
    assert reloaded.ok, reloaded.message
    assert _id(api, world) == container
    with urllib.request.urlopen(f"http://{address}:8404/", timeout=2) as answer:
        assert answer.read() == b"two"
    seen = world.runtime.observe().fronts["lb"]
    assert seen.digest == second.digest
    eventually(lambda: world.runtime.observe().fronts["lb"].drained)
    third = _haproxy("three", address, command=("haproxy", "-W", "-db", "-f", CONFIG))
    assert _apply(world, third).ok
    assert _id(api, world) != container
    assert world.runtime.observe().fronts["lb"].digest == third.digest


def test_a_bad_configuration_is_refused_and_the_old_one_serves(world: World, address: str) -> None:
    good = _haproxy("good", address)
    assert _apply(world, good).ok
    refused = _apply(world, _haproxy("bad", address, "listen x\n    bnid 1.2.3.4:80"))
    assert not refused.ok
    assert "was refused" in refused.message and "bnid" in refused.message
    with urllib.request.urlopen(f"http://{address}:8404/", timeout=2) as answer:
        assert answer.read() == b"good"
    assert world.runtime.observe().fronts["lb"].digest == good.digest
    other_shape = _haproxy(
        "bad", address, "nonsense", command=("haproxy", "-W", "-f", CONFIG, "-d")
    )
    assert not _apply(world, other_shape).ok
    with urllib.request.urlopen(f"http://{address}:8404/", timeout=2) as answer:
        assert answer.read() == b"good"


def test_what_was_not_confirmed_is_not_taken_for_what_was_served_before(
    world: World, address: str
) -> None:
    good = _haproxy("good", address)
    assert _apply(world, good).ok
    other = _haproxy("other", address)
    silent = dataclasses.replace(other, confirm=(address, 8404, "/", "something else"))
    assert not _apply(world, silent).ok
    assert world.runtime.observe().fronts["lb"].digest == ""
    with urllib.request.urlopen(f"http://{address}:8404/", timeout=2) as answer:
        assert answer.read() == b"other"
    assert _apply(world, good).ok
    with urllib.request.urlopen(f"http://{address}:8404/", timeout=2) as answer:
        assert answer.read() == b"good"


def test_an_old_connection_keeps_the_front_undrained_until_it_ends(
    world: World, address: str
) -> None:
    tunnel = f"listen t\n    mode tcp\n    bind {address}:9000\n    server s {address}:8404"
    assert _apply(world, _haproxy("one", address, tunnel)).ok
    with socket.create_connection((address, 9000), 2) as held:
        held.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held.recv(100)
        applied = _apply(world, _haproxy("two", address, tunnel))
        assert applied.ok and applied.front is not None
        assert not applied.front.drained
        assert not world.runtime.observe().fronts["lb"].drained
    eventually(lambda: world.runtime.observe().fronts["lb"].drained)


def test_the_configuration_survives_a_crash_of_the_container(
    world: World, api: docker.APIClient, address: str
) -> None:
    front = _haproxy("crash", address)
    assert _apply(world, front).ok
    assert _apply(world, _haproxy("crash2", address)).ok  # a signal must not end the restarts
    container = _id(api, world)
    master = api.inspect_container(container)["State"]["Pid"]
    os.kill(master, signal.SIGKILL)

    def served() -> bool:
        try:
            with urllib.request.urlopen(f"http://{address}:8404/", timeout=1) as answer:
                return bool(answer.read() == b"crash2")
        except OSError:
            return False

    eventually(lambda: api.inspect_container(container)["RestartCount"] >= 1)
    eventually(served)
    seen = world.runtime.observe().fronts["lb"]
    assert (seen.running, seen.digest) == (True, _haproxy("crash2", address).digest)


def test_another_process_sees_what_was_confirmed(world: World, address: str) -> None:
    from kctl.runtime.docker.runtime import DockerRuntime

    from .conftest import URL

    front = _haproxy("shared", address)
    assert _apply(world, front).ok
    other = DockerRuntime(URL, "here", world.settings)
    assert other.observe().fronts["lb"].digest == front.digest
    other.close()


def test_a_front_that_joins_another_is_lost_with_it(
    world: World, api: docker.APIClient, address: str
) -> None:
    joined = Front(
        name="side",
        image=RECIPE,
        command=("sleep", "1000"),
        network="front:lb",
        files={"/x": b"1"},
    )
    alone = _apply(world, joined)
    assert not alone.ok and "front lb does not run" in alone.message
    assert _apply(world, _haproxy("base", address)).ok
    assert _apply(world, joined).ok
    first = _id(api, world, "side")
    assert world.runtime.observe().fronts["side"].running
    api.restart(_id(api, world), timeout=1)
    lost = world.runtime.observe().fronts["side"]
    assert not lost.running and "made anew" in lost.error
    assert _apply(world, joined).ok
    assert _id(api, world, "side") != first
    assert world.runtime.observe().fronts["side"].running
    assert world.runtime.execute(RemoveFront("here", "side")).ok


def test_a_taken_port_is_named(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            confirm = free.getsockname()[1]
        front = _haproxy("edge", "127.0.0.1", f"listen x\n    bind 127.0.0.1:{port}")
        text = front.files[CONFIG].replace(b":8404", f":{confirm}".encode())
        front = dataclasses.replace(
            front,
            name="edge",
            network="host",
            address="",
            files={CONFIG: text},
            confirm=("127.0.0.1", confirm, "/", "edge"),
        )
        outcome = _apply(world, front)
        assert not outcome.ok
        assert f"port {port} is taken by another program (127.0.0.1:{port})" in outcome.message
        assert world.runtime.observe().fronts["edge"].digest == ""
    assert _apply(world, front).ok
    assert world.runtime.execute(RemoveFront("here", "edge")).ok


def test_an_image_that_was_removed_is_made_again(
    world: World, api: docker.APIClient, address: str
) -> None:
    assert _apply(world, _haproxy("one", address)).ok
    image = api.inspect_container(_id(api, world))["Config"]["Image"]
    assert world.runtime.execute(RemoveFront("here", "lb")).ok
    api.remove_image(image, force=True)
    outcome = _apply(world, _haproxy("two", address))
    assert outcome.ok, outcome.message


def test_a_missing_binary_names_its_package(world: World) -> None:
    recipe = ImageRecipe(
        "kctl-test-none", ("no-such-proxy",), packages={"no-such-proxy": "a-proxy"}
    )
    outcome = _apply(world, _haproxy("x", f"{world.prefix}.2", image=recipe))
    assert outcome.message == (
        "no-such-proxy is not installed on this machine: install it with apt-get install a-proxy"
    )


def test_live_files_need_no_reload(world: World, api: docker.APIClient) -> None:
    front = Front(
        name="files",
        image=RECIPE,
        command=("sleep", "1000"),
        network="pod",
        address=f"{world.prefix}.3",
        files={"/live/names": b"one", "/conf": b"c"},
        live=("/live/names",),
    )
    assert _apply(world, front).ok
    container = _id(api, world, "files")
    started = api.inspect_container(container)["State"]["StartedAt"]
    changed = dataclasses.replace(front, files={"/live/names": b"two", "/conf": b"c"})
    assert _apply(world, changed).ok
    assert api.inspect_container(container)["State"]["StartedAt"] == started
    loud = dataclasses.replace(front, files={"/live/names": b"two", "/conf": b"d"})
    assert _apply(world, loud).ok
    assert api.inspect_container(container)["State"]["StartedAt"] > started
    assert world.runtime.execute(RemoveFront("here", "files")).ok


def test_what_a_front_takes_back_at_its_end_is_not_put_there_again(world: World) -> None:
    route = ("local", "198.51.100.250", "dev", "lo", "table", "local", "proto", "97")
    words = " ".join(route)
    front = Front(
        name="keeper",
        image=dataclasses.replace(RECIPE, name=f"{RECIPE.name}-ip", binaries=("sh", "ip", "sleep")),
        command=("sh", "-c", f"trap 'exit 0' TERM; while :; do ip -4 route replace {words}; done"),
        network="host",
        capabilities=("NET_ADMIN",),
        retire=("ip", "-4", "route", "del", *route),
    )
    try:
        assert _apply(world, front).ok
        eventually(lambda: _routes(*route))
        assert world.runtime.execute(RemoveFront("here", "keeper")).ok
        assert _routes(*route) == ""
    finally:
        subprocess.run(["ip", "-4", "route", "flush", "table", "local", "proto", "97"], check=False)


def _routes(*route: str) -> str:
    """Routes of this machine that carry the protocol number of `route`."""
    shown = ["ip", "-4", "route", "show", "table", "local", "proto", route[-1]]
    return subprocess.run(shown, check=True, capture_output=True, text=True).stdout
