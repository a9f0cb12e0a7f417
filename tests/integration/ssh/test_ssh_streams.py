"""What travels over a connection: streams to a host's network, and everything that a pod needs."""

from __future__ import annotations

import errno
import io
import os
import pty
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kctl.runtime.docker import http
from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.operations import RunProbe
from kctl.runtime.types import RuntimeEvent
from tests.integration.hosts.bed import Bed
from tests.integration.reconcile.cluster import until
from tests.integration.ssh.conftest import Connect

pytestmark = pytest.mark.docker

ECHO = """
import socket, sys, threading
server = socket.create_server(("127.0.0.1", 7007))
print("ready", flush=True)
def serve(sock):
    data = b""
    while more := sock.recv(65536):
        data += more
    sock.sendall(data[::-1])
    sock.close()
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


@pytest.fixture(scope="module")
def mirror(bed: Bed) -> Iterator[int]:
    """A port of h1's own loopback: answers, after the end of a question, with it reversed."""
    space = f"/run/netns/kctl-{bed.name}-h1"
    words = ["nsenter", f"--net={space}", sys.executable, "-c", ECHO]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    yield 7007
    process.terminate()
    process.wait(10)
    process.stdout.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def ask(sock: socket.socket, data: bytes) -> bytes:
    def send() -> None:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)

    with sock:
        threading.Thread(target=send).start()
        return b"".join(iter(lambda: sock.recv(65536), b""))


def test_both_directions_and_both_ends(bed: Bed, connect: Connect, mirror: int) -> None:
    connection = connect(bed.url("h1"))
    data = os.urandom(3_000_000)
    assert ask(connection.dial("127.0.0.1", mirror, 20), data) == data[::-1]
    with pytest.raises(ConnectionRefusedError):  # h2's loopback is another one
        connect(bed.url("h2")).dial("127.0.0.1", mirror, 5)


def test_many_at_once(bed: Bed, connect: Connect, mirror: int) -> None:
    connection = connect(bed.url("h1"))

    def one(number: int) -> bool:
        data = f"{number}".encode() * 5000
        return ask(connection.dial("127.0.0.1", mirror, 20), data) == data[::-1]

    with ThreadPoolExecutor(24) as pool:
        assert all(pool.map(one, range(120)))


def test_nothing_of_a_stream_is_left(bed: Bed, connect: Connect, mirror: int) -> None:
    connection = connect(bed.url("h1"))
    connection.ensure()
    descriptors = open_files()
    for _ in range(20):
        connection.dial("127.0.0.1", mirror, 5).close()
    for _ in range(20):
        with pytest.raises(ConnectionRefusedError):
            connection.dial("127.0.0.1", 9, 5)
    until(lambda: open_files() <= descriptors, 10, "closed descriptors")
    until(
        lambda: not [each for each in threading.enumerate() if each.name.startswith("stream")],
        10,
        "the end of the threads",
    )


def test_why_there_is_no_way(bed: Bed, connect: Connect) -> None:
    connection = connect(bed.url("h1"))
    with pytest.raises(ConnectionRefusedError):
        connection.dial("127.0.0.1", 9, 5)
    with pytest.raises(OSError) as caught:
        connection.dial("192.0.2.99", 80, 5)
    assert caught.value.errno == errno.ENETUNREACH
    with pytest.raises(OSError, match=r"lookup nobody\.invalid: no such host"):
        connection.dial("nobody.invalid", 80, 5)
    with pytest.raises(TimeoutError):  # nobody answers for the address
        connection.dial(bed.address("h1").rpartition(".")[0] + ".200", 80, 0.3)
    with pytest.raises(
        http.HttpFailure, match=r"dial tcp 127.0.0.1:9: connect: connection refused"
    ):
        http.get(connection.dial, "HTTP", "127.0.0.1", 9, "/")


# --- through the engine ---


@pytest.fixture(scope="module")
def web(bed: Bed, images: str) -> Iterator[tuple[str, str]]:
    """(id, address) of a container on h1 that serves HTTP on port 80."""
    bed.load(f"{images}:v1", "h1")
    engine = bed.engine("h1")
    made = engine.create_container(f"{images}:v1", name="web")["Id"]
    engine.start(made)
    address = engine.inspect_container(made)["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    yield made, address
    engine.remove_container(made, force=True)


Runtimes = Callable[[str], DockerRuntime]


def test_probes(bed: Bed, runtime: Runtimes, web: tuple[str, str]) -> None:
    node, (container, address) = runtime(bed.url("h1")), web

    def probe(spec: object) -> tuple[bool, str]:
        made = node.execute(RunProbe("n", "u", "c", container, "readiness", spec, address))  # type: ignore[arg-type]
        return made.ok, made.message

    until(lambda: probe({"tcpSocket": {"port": 80}})[0], 20, "the web server")
    ok, said = probe({"httpGet": {"port": 80, "path": "/"}})
    assert ok and said.startswith("v1 from")
    assert probe({"httpGet": {"port": 80, "path": "/none"}}) == (
        False,
        "HTTP probe failed with statuscode: 404",
    )
    assert probe({"tcpSocket": {"port": 81}}) == (
        False,
        f"dial tcp {address}:81: connect: connection refused",
    )
    assert probe({"exec": {"command": ["sh", "-c", "exit 3"]}}) == (False, "")


def test_a_command_with_its_input_its_streams_and_its_exit_code(
    bed: Bed, runtime: Runtimes, web: tuple[str, str]
) -> None:
    node = runtime(bed.url("h1"))
    script = ["sh", "-c", "cat; echo bad >&2; exit 42"]
    out, err = io.BytesIO(), io.BytesIO()
    data = b"x" * 300_000
    code = node.exec(web[0], script, stdin=True, tty=False).run(io.BytesIO(data), out, err)
    assert (code, out.getvalue(), err.getvalue()) == (42, data, b"bad\n")


def test_a_terminal(bed: Bed, runtime: Runtimes, web: tuple[str, str]) -> None:
    node = runtime(bed.url("h1"))
    ours, theirs = pty.openpty()
    out = io.BytesIO()
    try:
        with os.fdopen(theirs, "rb", buffering=0) as stdin:
            os.write(ours, b"test -t 0 && echo a terminal\nexit 6\n")
            code = node.exec(web[0], ["sh"], stdin=True, tty=True).run(stdin, out, out)
    finally:
        os.close(ours)
    assert code == 6 and b"a terminal\r\n" in out.getvalue().replace(b"echo a terminal\r\n", b"")


def test_logs_are_followed_to_their_end(
    bed: Bed, runtime: Runtimes, images: str, web: object
) -> None:
    engine, node = bed.engine("h1"), runtime(bed.url("h1"))
    script = "for i in 1 2 3; do echo line $i; sleep 0.1; done"
    made = engine.create_container(f"{images}:v1", ["sh", "-c", script])["Id"]
    engine.start(made)
    try:
        assert list(node.logs(made, follow=True)) == [b"line 1\n", b"line 2\n", b"line 3\n"]
    finally:
        engine.remove_container(made, force=True)


def test_events_arrive_and_end_when_told(
    bed: Bed, runtime: Runtimes, images: str, web: object
) -> None:
    engine, node = bed.engine("h1"), runtime(bed.url("h1"))
    stop = threading.Event()
    seen: list[RuntimeEvent] = []
    listener = threading.Thread(target=lambda: seen.extend(node.events(stop)))
    listener.start()
    marks = {"io.kctl.cluster": "kctl-test-ssh", "io.kubernetes.pod.uid": "u1"}
    made = engine.create_container(f"{images}:v1", ["sh", "-c", ":"], labels=marks)["Id"]
    try:

        def started() -> bool:
            engine.start(made)
            time.sleep(0.2)
            return bool(seen)

        until(started, 20, "an event")
    finally:
        engine.remove_container(made, force=True)
        stop.set()
        listener.join(10)
    assert not listener.is_alive()
    assert {each.uid for each in seen} == {"u1"}
