"""port-forward against real pods: whom it reaches, what it carries, how it ends."""

from __future__ import annotations

import os
import signal
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.port_forward.conftest import Session
from tests.integration.reconcile.cluster import Cluster, Object, until, workload
from tests.integration.reconcile.cluster import pod as shell_pod

pytestmark = pytest.mark.docker

Forward = Callable[..., Session]
LOOPBACK = "echo inside >/www/index.html; httpd -f -p 127.0.0.1:8081 -h /www & wait"


def fetch(port: int, address: str = "127.0.0.1") -> str:
    host = f"[{address}]" if ":" in address else address
    with urllib.request.urlopen(f"http://{host}:{port}/", timeout=20) as answer:
        return str(answer.read().decode().strip())


@pytest.fixture(scope="module")
def web(shared: Cluster, images: str) -> Cluster:
    ports = [{"name": "http", "containerPort": 80}]
    probe = {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1}
    service: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"app": "web"},
            "ports": [{"name": "www", "port": 8000, "targetPort": "http"}],
        },
    }
    shared.apply(workload("web", f"{images}:v1", ports=ports, readinessProbe=probe), service)
    shared.rolled_out("web")
    return shared


@pytest.fixture(scope="module")
def quiet(shared: Cluster, images: str) -> Cluster:
    """A pod that listens on its loopback only, alone and beside another container."""
    beside = {"name": "side", "image": f"{images}:v1"}
    alone = shell_pod("quiet", f"{images}:v1", LOOPBACK)
    two = shell_pod("quieter", f"{images}:v1", LOOPBACK)
    two["spec"]["containers"].append(beside)
    shared.apply(alone, two)
    until(lambda: shared.ready("quiet") and shared.ready("quieter"), 40, "the pods run")
    return shared


@pytest.fixture(scope="module")
def on_host(shared: Cluster, images: str) -> Cluster:
    """A pod in this machine's own network: its loopback is ours."""
    shared.apply(shell_pod("hosted", f"{images}:v1", spec={"hostNetwork": True}))
    until(lambda: shared.ready("hosted"), 40, "the pod runs")
    return shared


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server on our loopback that gives back what comes, while it comes."""

    def serve(peer: socket.socket) -> None:
        with peer:
            while data := peer.recv(65536):
                peer.sendall(data)

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


def there_and_back(port: int, size: int) -> bool:
    """Send, end our direction, and read what comes back meanwhile and after."""
    data, got = os.urandom(size), bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:

        def read() -> None:
            while chunk := sock.recv(65536):
                got.extend(chunk)

        reader = threading.Thread(target=read)
        reader.start()
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        reader.join(60)
    return bytes(got) == data


def test_a_service_leads_to_the_named_port_of_a_ready_pod(web: Cluster, forward: Forward) -> None:
    (pod,) = web.pods("web")
    session = forward("svc/web", ":www")
    assert session.addresses == ["127.0.0.1", "[::1]"]
    port = session.ports[80]
    assert fetch(port) == f"v1 from {pod['metadata']['name']}"
    assert fetch(port, "::1") == f"v1 from {pod['metadata']['name']}"
    code, out, err = session.end()
    assert (code, out, err) == (0, f"Handling connection for {port}\n" * 2, "")


def test_a_deployment_and_a_chosen_address(web: Cluster, forward: Forward) -> None:
    session = forward("deployment/web", "--address=127.0.0.2", ":80", lines=1)
    assert session.addresses == ["127.0.0.2"]
    assert fetch(session.ports[80], "127.0.0.2").startswith("v1 from web-")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", session.ports[80]), timeout=5)


def test_a_port_that_is_taken_fails_and_the_others_serve(web: Cluster, forward: Forward) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with socket.create_server(("::1", port), family=socket.AF_INET6):
            ran = web.kctl("port-forward", "svc/web", f"{port}:8000")
            session = forward("svc/web", f"{port}:8000", ":8000")
    said = (
        f"Unable to listen on port {port}: Listeners failed to create with the following errors: "
        f"[unable to create listener: Error listen tcp4 127.0.0.1:{port}: bind: address already "
        f"in use unable to create listener: Error listen tcp6 [::1]:{port}: bind: address "
        "already in use]\n"
    )
    end = f"error: unable to listen on any of the requested ports: [{{{port} 80}}]\n"
    assert (ran.code, ran.out, ran.err) == (1, "", said + end)
    assert fetch(session.ports[80]).startswith("v1 from")
    assert session.end()[2] == said


@pytest.mark.parametrize("name", ["quiet", "quieter"])
def test_what_listens_on_the_loopback_of_the_pod_is_reached(
    quiet: Cluster, forward: Forward, name: str
) -> None:
    session = forward(f"pod/{name}", ":8081")
    assert [fetch(session.ports[8081]) for _ in range(2)] == ["inside", "inside"]
    assert session.relays() == 1
    assert session.end()[0] == 0
    session.leaves_nothing()


def test_nothing_is_left_where_the_session_is_killed(quiet: Cluster, forward: Forward) -> None:
    session = forward("pod/quiet", ":8081")
    assert fetch(session.ports[8081]) == "inside"
    session.end(signal.SIGKILL)
    session.leaves_nothing()


def test_much_data_both_ways_and_a_half_closed_stream_arrive_whole(
    on_host: Cluster, forward: Forward, echo: int
) -> None:
    session = forward("pod/hosted", f":{echo}")
    assert there_and_back(session.ports[echo], 10_000_000)
    assert session.end()[::2] == (0, "")


def test_many_connections_at_once(on_host: Cluster, forward: Forward, echo: int) -> None:
    session = forward("pod/hosted", f":{echo}")
    with ThreadPoolExecutor(8) as pool:
        sizes = [1 + number * 10_007 for number in range(16)]
        done = list(pool.map(lambda size: there_and_back(session.ports[echo], size), sizes))
    assert all(done)
    code, out, err = session.end()
    assert (code, err) == (0, "")
    assert out.count("Handling connection for") == 16


def test_a_refused_connection_ends_the_session(quiet: Cluster, forward: Forward) -> None:
    session = forward("pod/quiet", ":9")
    port = session.ports[9]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        assert sock.recv(1) == b""
    code, _, err = session.result()
    assert (code, err.splitlines()) == (
        1,
        [
            f"an error occurred forwarding {port} -> 9: error forwarding port 9 to pod quiet: "
            "connection refused",
            "error: lost connection to pod",
        ],
    )


def test_the_session_ends_with_its_pod(shared: Cluster, images: str, forward: Forward) -> None:
    shared.apply(shell_pod("brief", f"{images}:v1", LOOPBACK))
    until(lambda: shared.ready("brief"), 40, "the pod runs")
    session = forward("pod/brief", ":8081")
    assert fetch(session.ports[8081]) == "inside"
    shared.do("delete", "pod", "brief")
    code, _, err = session.result()
    assert (code, err) == (1, "error: lost connection to pod\n")
    session.leaves_nothing()


def test_a_pod_that_does_not_run_is_refused(shared: Cluster, images: str) -> None:
    shared.apply(shell_pod("nowhere", f"{images}:v1", spec={"nodeSelector": {"no": "such"}}))
    ran = shared.kctl("port-forward", "pod/nowhere", ":80")
    assert (ran.code, ran.err) == (
        1,
        "error: unable to forward port because pod is not running. Current status=Pending\n",
    )
