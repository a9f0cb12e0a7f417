"""Streams of pods on a real engine, with the kubectls of six minor versions: SPDY up to 1.29,
WebSockets for exec from 1.30 on, and for port-forward from 1.31 on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.serve.pods import (
    VERSIONS,
    Terminal,
    binary,
    container,
    demo_image,
    pod,
    serving_pods,
)
from tests.integration.serve.served import Ran, Served

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with demo_image() as image:
        page = "echo v1 from web >/www/index.html"
        web = container(image, f"echo begun; {page}; httpd -p 80 -h /www; sleep 10000 & wait")
        web["ports"] = [{"name": "http", "containerPort": 80}]
        shell = container(image, "exec sh", "shell", stdin=True, tty=True)
        other = container(image, "sleep 10000 & wait", "other")
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 8080, "targetPort": 80}]},
        }
        folder = tmp_path_factory.mktemp("streams")
        pods = [pod("web", web, app="web"), pod("two", other, shell)]
        with serving_pods(folder, *pods, service) as made:
            yield made


class Kubectl:
    def __init__(self, served: Served, path: Path) -> None:
        self.served, self.path = served, path

    def __call__(self, *words: str, stdin: bytes | None = None) -> Ran:
        return self.served.kubectl(*words, stdin=stdin, binary=self.path)

    def start(self, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        argv = [str(self.path), *words]
        return subprocess.Popen(argv, env=self.served.environment, **options)

    def terminal(self, *words: str) -> Terminal:
        return Terminal([str(self.path), *words], self.served.environment)


@pytest.fixture(params=VERSIONS)
def kubectl(request: pytest.FixtureRequest, served: Served) -> Kubectl:
    path = binary(request.param)
    if path is None:
        pytest.skip(f"this machine has no kubectl {request.param}")
    return Kubectl(served, path)


def until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + 30
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def test_exec_has_streams_and_the_exit_code(kubectl: Kubectl) -> None:
    ran = kubectl("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert ran == (7, "out\n", "err\ncommand terminated with exit code 7\n")
    ran = kubectl("exec", "-i", "web", "--", "wc", "-c", stdin=b"x" * 3_000_000)
    assert ran == (0, "3000000\n", "")
    ran = kubectl("exec", "web", "--", "head", "-c", "20000000", "/dev/zero")
    assert (ran.code, len(ran.out)) == (0, 20_000_000)


def test_exec_is_refused_as_by_a_cluster(kubectl: Kubectl) -> None:
    ran = kubectl("exec", "none", "--", "true")
    assert ran == (1, "", 'Error from server (NotFound): pods "none" not found\n')
    ran = kubectl("exec", "web", "--", "nosuch")
    assert ran.code == 126
    assert 'exec: "nosuch": executable file not found in $PATH' in ran.out + ran.err


def test_exec_on_a_terminal_follows_its_size(kubectl: Kubectl) -> None:
    terminal = kubectl.terminal("exec", "-it", "web", "--", "sh")
    terminal.until("# ")
    terminal.type("stty size\r")
    terminal.until("\n33 77\r")
    terminal.resize(40, 99)
    terminal.type("sleep 0.3; stty size; tty\r")
    terminal.until("\n40 99\r")
    terminal.until("/dev/pts/")
    terminal.type("exit 5\r")
    assert terminal.code() == 5


def test_attach_reaches_the_containers_own_process(kubectl: Kubectl) -> None:
    terminal = kubectl.terminal("attach", "-it", "two", "-c", "shell")
    terminal.until("try pressing enter.")
    terminal.type("\recho $((6 * 7))\r")
    terminal.until("\n42\r")
    os.kill(terminal.pid, signal.SIGKILL)
    terminal.code()
    two = kubectl.served.get("pod", "two")["status"]["containerStatuses"]
    assert [each["restartCount"] for each in two] == [0, 0]


def test_cp_both_ways(kubectl: Kubectl, tmp_path: Path) -> None:
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(os.urandom(2_000_000))
    assert kubectl("cp", str(there), "web:/tmp/copied").code == 0
    assert kubectl("cp", "web:/tmp/copied", str(back)).code == 0
    assert back.read_bytes() == there.read_bytes()


def test_port_forward_carries_connections_side_by_side(kubectl: Kubectl) -> None:
    process = kubectl.start(
        "port-forward", "service/web", ":8080", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        port = int(line.split(" -> ")[0].rpartition(":")[2])
        held = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(8)]
        for each in held:  # all are open before the first one asks
            each.sendall(b"GET /index.html HTTP/1.0\r\n\r\n")
        for each in held:
            said = b"".join(iter(lambda sock=each: sock.recv(65536), b""))  # type: ignore[misc]
            assert said.endswith(b"v1 from web\n")
            each.close()
    finally:
        process.kill()
        process.communicate()


def test_port_forward_tells_of_a_port_where_nothing_listens(kubectl: Kubectl) -> None:
    process = kubectl.start(
        "port-forward", "pod/web", ":81", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().decode().split(" -> ")[0].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        assert sock.recv(10) == b""
    _, err = process.communicate(timeout=20)
    assert b"error forwarding port 81 to pod web" in err
    assert b"connection refused" in err
    assert process.returncode == 1


def test_logs(kubectl: Kubectl) -> None:
    assert kubectl("logs", "web") == (0, "begun\n", "")
    ran = kubectl("logs", "web", "--timestamps", "--tail=1")
    assert ran.out.endswith("Z begun\n")
    assert kubectl("logs", "web", "--limit-bytes=3").out == "beg"
    ran = kubectl("logs", "-p", "web")
    assert ran.err == (
        'Error from server (BadRequest): previous terminated container "c" in pod "web" not found\n'
    )


def test_the_input_of_a_lost_client_ends(kubectl: Kubectl) -> None:
    """A command that reads its input ends with kubectl, however that ended."""
    words = ("exec", "-i", "web", "--", "cat", "/dev/stdin")
    process = kubectl.start(*words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def running() -> bool:
        return "cat /dev/stdin" in kubectl("exec", "web", "--", "ps").out

    until(running, "it never began")
    process.kill()
    process.communicate()
    until(lambda: not running(), "it goes on")


def test_proxies_of_pods_and_services(served: Served) -> None:
    folder = "/api/v1/namespaces/default"
    for path in ("pods/web/proxy/", "pods/http:web:80/proxy/index.html", "services/web/proxy/"):
        answer = served.request("GET", f"{folder}/{path}")
        assert (answer.code, answer.body) == (200, b"v1 from web\n"), path
    answer = served.request("GET", f"{folder}/pods/web/proxy/none")
    assert answer.code == 404
    answer = served.request("GET", f"{folder}/pods/web:81/proxy/")
    assert answer.code == 503
    assert answer.json["message"].endswith(":81: connect: connection refused")
    process = subprocess.Popen(
        [str(binary("1.37")), "proxy", "--port=0"],
        env=served.environment,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().decode().split()[-1]
        url = f"http://{address}{folder}/services/web:8080/proxy/"
        with urllib.request.urlopen(url, timeout=10) as got:
            assert got.read() == b"v1 from web\n"
    finally:
        process.kill()
        process.communicate()


def test_debug_sees_the_network_and_the_processes_of_its_target(kubectl: Kubectl) -> None:
    """An ephemeral container, which is never started again and does not touch the pod."""
    name = f"debug-{kubectl.path.name}-{os.getpid()}".replace(".", "-")
    image = kubectl.served.get("pod", "web")["spec"]["containers"][0]["image"]
    asked = ("debug", "-it", "web", f"--image={image}", "--target=c", "-c", name)
    terminal = kubectl.terminal(*asked, "--", "sh")
    terminal.until("# ")
    terminal.type("wget -qO- http://127.0.0.1/\r")
    terminal.until("v1 from web")
    terminal.type("ps\r")
    terminal.until("httpd -p 80")
    terminal.type("exit 3\r")
    terminal.code()

    def code() -> Any:
        status = kubectl.served.get("pod", "web")["status"]
        listed = {each["name"]: each for each in status["ephemeralContainerStatuses"]}
        return listed[name]["state"].get("terminated", {}).get("exitCode")

    assert until(code, "its end is not told") == 3
    ready = kubectl("get", "pod", "web", "--no-headers").out.split()
    assert ready[1:4] == ["1/1", "Running", "0"]
