"""Services on a real engine: from a pod and from the node, by address and by name."""

from __future__ import annotations

import os
import socket
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from kctl.network.addresses import front_address, gateway, layout
from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.types import Endpoint, Model, NameRecord, ServicePort, ServiceRecord
from kctl.runtime.docker.runtime import DockerRuntime
from kctl.runtime.operations import (
    ApplyFront,
    CleanNode,
    NetworkSettings,
    Outcome,
    PrepareNode,
    RemoveFront,
)
from tests.integration.network.machine import wait_for

pytestmark = pytest.mark.docker

PREFIX = f"10.{110 + os.getpid() % 17}"
"""Of this process alone, so that test runs side by side do not meet."""
CLUSTER_CIDR = f"{PREFIX}.0.0/16"
POD_CIDR = f"{PREFIX}.16.0/24"
WEB_ADDRESS = f"{PREFIX}.0.20"
SERVICE_CIDR, DNS = layout(CLUSTER_CIDR)
WEB = "web.default.svc.cluster.local"
NODE_PORT = 31000 + os.getpid() % 1000


def docker(*argv: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout.strip()


class Node:
    """A node with its network, its load balancer and hand-made pods."""

    def __init__(self) -> None:
        self.cluster = f"nettest{uuid.uuid4().hex[:8]}"
        self.image = f"kctl-{self.cluster}"
        settings = {
            "cluster-id": self.cluster,
            "cluster-cidr": CLUSTER_CIDR,
            "cluster-domain": "cluster.local",
        }
        self.runtime = DockerRuntime("unix:///var/run/docker.sock", "n1", settings)
        self.network = NetworkSettings(
            f"kctl-{self.cluster}", CLUSTER_CIDR, POD_CIDR, gateway(POD_CIDR), self.cluster
        )
        self.pods: dict[str, str] = {}
        self.model = Model(
            node="n1",
            node_addresses=("127.0.0.1",),
            front_address=front_address(POD_CIDR),
            service_cidr=SERVICE_CIDR,
            dns_address=DNS,
        )
        self._import_image()
        assert self.runtime.execute(PrepareNode("n1", self.network)).ok

    def _import_image(self) -> None:
        buffer = BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(Path("/bin/busybox").resolve(), "bin/busybox")
            for name in ("sh", "httpd", "wget", "nslookup", "sleep", "nc"):
                link = tarfile.TarInfo(f"bin/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(link)
        subprocess.run(
            ["docker", "import", "-", self.image],
            input=buffer.getvalue(),
            capture_output=True,
            check=True,
        )

    def start_pod(self, name: str, number: int) -> None:
        address = f"{PREFIX}.16.{number}"
        script = f"mkdir -p /www; echo -n {name} > /www/index.html; exec httpd -f -p 8080 -h /www"
        docker(
            *("run", "-d", "--name", f"{self.cluster}-{name}", "--network", self.network.name),
            *("--ip", address, "--dns", DNS, "--dns-search", "default.svc.cluster.local"),
            *("--dns-option", "ndots:5", "--stop-signal", "SIGKILL"),
            *(self.image, "sh", "-c", script),
        )
        self.pods[name] = address

    def serve(self, *names: str, node_port: int = 0) -> list[Outcome]:
        endpoints = tuple(Endpoint(self.pods[name], 8080, name) for name in names)
        port = ServicePort("default", "web", "http", "TCP", (WEB_ADDRESS,), 80, endpoints=endpoints)
        ports = [port]
        if node_port:
            ports.append(replace(port, cluster_ips=(), node_port=node_port))
        model = replace(
            self.model,
            ports=tuple(ports),
            names=(NameRecord(WEB, port.cluster_ips),),
            services=(ServiceRecord(f"_http._tcp.{WEB}", WEB, 80),),
        )
        fronts = HAProxyLoadBalancer().fronts(model)
        return [self.runtime.execute(ApplyFront("n1", each, self.network)) for each in fronts]

    def from_pod(self, *argv: str) -> str:
        name = next(iter(self.pods))
        return docker("exec", f"{self.cluster}-{name}", *argv, check=False)

    def close(self) -> None:
        for name in self.pods:
            docker("rm", "-f", f"{self.cluster}-{name}")
        assert self.runtime.execute(CleanNode("n1")).ok
        self.runtime.close()
        docker("rmi", self.image)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    found = Node()
    try:
        found.start_pod("web-a", 10)
        found.start_pod("web-b", 11)
        yield found
    finally:
        found.close()


def get(url: str) -> str:
    return subprocess.run(
        ["busybox", "wget", "-qO-", url], capture_output=True, text=True, timeout=20
    ).stdout


def test_a_service_answers_by_address_and_by_name_from_the_node_and_from_a_pod(
    node: Node,
) -> None:
    outcomes = node.serve("web-a", "web-b")
    assert [outcome.message for outcome in outcomes if not outcome.ok] == []
    assert {get(f"http://{WEB_ADDRESS}/") for _ in range(8)} == {"web-a", "web-b"}
    assert node.from_pod("wget", "-qO-", f"http://{WEB_ADDRESS}/") in ("web-a", "web-b")
    for name in ("web", "web.default.svc.cluster.local"):
        wait_for(
            lambda name=name: (
                node.from_pod("wget", "-qO-", f"http://{name}/") in ("web-a", "web-b")
            ),
            f"{name} answers in a pod",
        )
    asked = ["dig", "+short", f"@{DNS}"]
    srv = subprocess.run([*asked, "SRV", f"_http._tcp.{WEB}"], capture_output=True, text=True)
    assert srv.stdout == f"0 0 80 {WEB}.\n"


def test_a_node_port_answers_on_the_nodes_address_until_it_is_taken_away(node: Node) -> None:
    outcomes = node.serve("web-a", node_port=NODE_PORT)
    assert [outcome.message for outcome in outcomes if not outcome.ok] == []
    assert get(f"http://127.0.0.1:{NODE_PORT}/") == "web-a"
    assert node.runtime.execute(RemoveFront("n1", "edge")).ok
    assert get(f"http://127.0.0.1:{NODE_PORT}/") == ""


def test_a_settled_front_is_seen_as_applied_and_drained(node: Node) -> None:
    outcomes = node.serve("web-a", "web-b")
    for outcome in outcomes:
        assert isinstance(outcome.operation, ApplyFront)
        front = outcome.operation.front
        wait_for(lambda front=front: node.runtime.observe().fronts[front.name].drained, "drained")
        state = node.runtime.observe().fronts[front.name]
        assert (state.running, state.digest, state.error) == (True, front.digest, "")


def test_a_taken_node_port_fails_with_its_number_and_leaves_the_rest_serving(
    node: Node,
) -> None:
    with socket.create_server(("127.0.0.1", NODE_PORT)):
        *inside, edge = node.serve("web-b", node_port=NODE_PORT)
        assert all(outcome.ok for outcome in inside)
        assert not edge.ok
        assert f"port {NODE_PORT} is taken" in edge.message
        assert edge.front is not None and edge.front.error == edge.message
        assert get(f"http://{WEB_ADDRESS}/") == "web-b"
    *_, edge = node.serve("web-b", node_port=NODE_PORT)
    assert edge.ok, edge.message
    assert get(f"http://127.0.0.1:{NODE_PORT}/") == "web-b"


def test_services_come_back_after_the_load_balancer_died(node: Node) -> None:
    node.serve("web-a")
    docker("kill", f"kctl_lb_{node.cluster}")
    node.serve("web-a")
    assert get(f"http://{WEB_ADDRESS}/") == "web-a"
    wait_for(lambda: node.from_pod("wget", "-qO-", "http://web/") == "web-a", "names answer")
