"""Probes, hooks and exec against real processes."""

from __future__ import annotations

import io
import os
import pty
import threading
import time
from typing import Any

import pytest

from kctl.runtime.operations import Outcome, RunProbe, StopContainer

from .conftest import World, eventually

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def server(world: World) -> tuple[dict[str, Any], str]:
    """A pod that serves /www on 8080."""
    pod = world.pod("server", container={"command": ["httpd", "-f", "-p", "8080", "-h", "/www"]})
    container = world.started(pod)
    return pod, container


def _probe(world: World, server: tuple[dict[str, Any], str], **spec: Any) -> Outcome:
    pod, container = server
    uid, address = pod["metadata"]["uid"], pod["status"]["podIP"]
    probe = RunProbe("here", uid, "main", container, "readiness", spec, address)
    return world.runtime.execute(probe)


def test_http_probes(world: World, server: tuple[dict[str, Any], str]) -> None:
    def ready() -> bool:
        return _probe(world, server, httpGet={"path": "/index.html", "port": 8080}).ok

    assert eventually(ready)
    missing = _probe(world, server, httpGet={"path": "/absent", "port": 8080})
    assert (missing.ok, missing.message) == (False, "HTTP probe failed with statuscode: 404")
    address = server[0]["status"]["podIP"]
    closed = _probe(world, server, httpGet={"path": "/x", "port": 81})
    assert closed.message == (
        f'Get "http://{address}:81/x": dial tcp {address}:81: connect: connection refused'
    )


def test_tcp_probes(world: World, server: tuple[dict[str, Any], str]) -> None:
    eventually(lambda: _probe(world, server, tcpSocket={"port": 8080}).ok)
    closed = _probe(world, server, tcpSocket={"port": 81})
    address = server[0]["status"]["podIP"]
    assert closed.message == f"dial tcp {address}:81: connect: connection refused"


def test_exec_probes(world: World, server: tuple[dict[str, Any], str]) -> None:
    good = _probe(world, server, exec={"command": ["sh", "-c", "echo fine"]})
    assert (good.ok, good.message) == (True, "fine\n")
    bad = _probe(world, server, exec={"command": ["sh", "-c", "echo why >&2; exit 1"]})
    assert (bad.ok, bad.message) == (False, "why\n")
    began = time.monotonic()
    slow = _probe(world, server, exec={"command": ["sleep", "5"]}, timeoutSeconds=1)
    assert not slow.ok and "timed out after 1s" in slow.message
    assert time.monotonic() - began < 3
    absent = _probe(world, server, exec={"command": ["/nothing"]})
    assert not absent.ok and "/nothing" in absent.message


def test_grpc_probes_are_refused_loudly(world: World, server: tuple[dict[str, Any], str]) -> None:
    outcome = _probe(world, server, grpc={"port": 1})
    assert not outcome.ok and "not supported" in outcome.message


def test_a_post_start_hook_that_fails_kills_the_container(world: World) -> None:
    hook = {"postStart": {"exec": {"command": ["sh", "-c", "echo no; exit 4"]}}}
    pod = world.pod("hooked", container={"lifecycle": hook})
    outcome = world.start(pod)
    assert (outcome.ok, outcome.reason) == (False, "PostStartHookError")
    assert "exited with 4: no" in outcome.message
    assert outcome.pod is not None
    state = outcome.pod.newest("main")
    assert state is not None and state.state == "exited"
    world.terminate(pod, 0)


def test_a_pre_stop_hook_runs_before_the_signal(world: World) -> None:
    hook = {"preStop": {"exec": {"command": ["sh", "-c", "echo bye > /proc/1/fd/1"]}}}
    pod = world.pod("polite", container={"lifecycle": hook})
    container = world.started(pod)
    stop = StopContainer("here", pod["metadata"]["uid"], "main", container, 5, pod)
    outcome = world.runtime.execute(stop)
    assert outcome.ok
    assert world.output(container) == "bye\n"
    world.terminate(pod, 0)


def test_exec_copies_streams_and_the_exit_code(
    world: World, server: tuple[dict[str, Any], str]
) -> None:
    command = ["sh", "-c", "cat; echo err >&2; exit 9"]
    out, err = io.BytesIO(), io.BytesIO()
    stream = world.runtime.exec(server[1], command, stdin=True, tty=False)
    assert stream.run(io.BytesIO(b"input\n" * 30000), out, err) == 9
    assert out.getvalue() == b"input\n" * 30000
    assert err.getvalue() == b"err\n"


def test_exec_of_what_is_not_there(world: World, server: tuple[dict[str, Any], str]) -> None:
    out = io.BytesIO()
    stream = world.runtime.exec(server[1], ["/nothing"], stdin=False, tty=False)
    assert stream.run(None, out, out) == 126 or 127
    gone = world.runtime.exec("f" * 64, ["true"], stdin=False, tty=False)
    with pytest.raises(FileNotFoundError):
        gone.run(None, out, out)


def test_exec_with_a_terminal_has_its_size_and_restores_it(
    world: World, server: tuple[dict[str, Any], str]
) -> None:
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
    before = termios.tcgetattr(slave)
    out, codes = io.BytesIO(), []
    command = ["sh", "-c", "read x; /bin/busybox stty size; exit $x"]

    def run() -> None:
        with os.fdopen(slave, "rb", buffering=0, closefd=False) as stdin:
            stream = world.runtime.exec(server[1], command, stdin=True, tty=True)
            codes.append(stream.run(stdin, out, out))

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: termios.tcgetattr(slave)[3] != before[3])
    time.sleep(0.2)
    os.write(master, b"5\r")
    thread.join(10)
    assert codes == [5]
    assert b"33 111" in out.getvalue()
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)
