"""Streams of the Python client, and what becomes of streams when the server ends."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest
from kubernetes import client, config
from kubernetes.stream import portforward, stream

from tests.integration.serve.pods import container, demo_image, pod, serving_pods
from tests.integration.serve.served import KUBECTL, Served

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with demo_image() as image:
        page = "echo v1 from web >/www/index.html; httpd -p 80 -h /www"
        web = container(image, f"{page}; while sleep 0.2; do echo tick; done")
        with serving_pods(tmp_path_factory.mktemp("streams"), pod("web", web)) as made:
            yield made


@pytest.fixture
def core(served: Served) -> client.CoreV1Api:
    config.load_kube_config(str(served.kubeconfig))  # type: ignore[no-untyped-call]
    return client.CoreV1Api()


def test_exec_of_the_python_client(core: client.CoreV1Api) -> None:
    streams = {"stdout": True, "stderr": True, "stdin": True, "tty": False}
    talk = stream(
        core.connect_get_namespaced_pod_exec,
        "web",
        "default",
        command=["sh"],
        _preload_content=False,
        **streams,
    )
    talk.write_stdin("echo out; echo err >&2; exit 3\n")
    talk.run_forever(timeout=20)
    assert (talk.read_stdout(), talk.read_stderr(), talk.returncode) == ("out\n", "err\n", 3)


def test_port_forward_of_the_python_client(core: client.CoreV1Api) -> None:
    talk = portforward(core.connect_get_namespaced_pod_portforward, "web", "default", ports="80,81")
    sock = talk.socket(80)
    sock.setblocking(True)
    sock.sendall(b"GET /index.html HTTP/1.0\r\n\r\n")
    said = b""
    while b"from web" not in said:
        said += sock.recv(1000)
    deadline = time.monotonic() + 20
    while not talk.error(81):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "error forwarding port 81 to pod web" in talk.error(81)
    assert talk.error(80) is None


def test_a_server_that_is_told_to_end_ends_its_streams(served: Served) -> None:
    commands = (
        ("logs", "-f", "web"),
        ("exec", "web", "--", "sleep", "1000"),
        ("port-forward", "web", ":80"),
        ("attach", "web"),
    )
    processes = [
        subprocess.Popen(
            [str(KUBECTL), *words],
            env=served.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for words in commands
    ]
    for process in (processes[0], processes[2], processes[3]):
        assert process.stdout is not None
        assert process.stdout.readline()  # it is under way
    assert served.stop() == 0
    for process in processes:
        process.communicate(timeout=20)
