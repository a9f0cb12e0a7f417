"""The rendered configuration on the real HAProxy: reloads and drains lose no request."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.types import Endpoint, Front, Model, ServicePort
from tests.integration.network.machine import Machine, RunningFront, wait_for

HERE = Path(__file__).parent
MODEL = Model(
    node="n1",
    node_addresses=("127.0.0.1",),
    front_address="10.98.16.2",
    service_cidr="10.98.0.0/20",
    dns_address="10.98.0.10",
)
WEB = ServicePort("default", "web", "", "TCP", ("10.98.0.20",), 80)


def fronts(model: Model) -> dict[str, Front]:
    return {front.name: front for front in HAProxyLoadBalancer().fronts(model)}


def serving(names: list[str], port: ServicePort = WEB) -> Front:
    """The inner front with a service of these pods: pod-3 is 10.98.16.13:8080."""
    endpoints = tuple(
        Endpoint(f"10.98.16.{10 + int(name.split('-')[1])}", 8080, name) for name in names
    )
    return fronts(replace(MODEL, ports=(replace(port, endpoints=endpoints),)))["lb"]


class Pods:
    """Pods of a machine, each with its own address."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        machine.run("ip", "address", "add", "10.98.16.2/16", "dev", "lo")
        self.running: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str) -> None:
        address = f"10.98.16.{10 + int(name.split('-')[1])}"
        self.machine.run("ip", "address", "replace", f"{address}/32", "dev", "lo")
        command = [sys.executable, str(HERE / "pod.py"), address, "8080", name]
        self.running[name] = self.machine.start(command)
        wait_for(lambda: self.machine.get(f"http://{address}:8080/") == name, f"{name} answers")

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()


class Load:
    def __init__(self, machine: Machine, mode: str, clients: int = 4) -> None:
        command = [*machine.prefix(), sys.executable, str(HERE / "load.py")]
        self.process = subprocess.Popen(
            [*command, "10.98.0.20", "80", str(clients), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        machine.processes.append(self.process)

    def stop(self) -> dict[str, dict[str, int]]:
        out, _ = self.process.communicate(timeout=20)
        result: dict[str, dict[str, int]] = json.loads(out)
        return result


@pytest.mark.parametrize(
    ("port", "mode"), [(WEB, "once"), (replace(WEB, name="http"), "keep")], ids=["tcp", "http"]
)
def test_pods_are_replaced_without_a_failed_request(
    machine: Machine, port: ServicePort, mode: str
) -> None:
    pods = Pods(machine)
    pods.start("pod-0")
    lb = RunningFront(machine, serving(["pod-0"], port))
    lb.confirm()
    load = Load(machine, mode)
    for turn in range(1, 9):
        new, old = f"pod-{turn}", f"pod-{turn - 1}"
        pods.start(new)
        lb.apply(serving([old, new], port))
        lb.apply(serving([new], port))  # out of the rotation,
        lb.drained()  # its old connections end,
        pods.kill(old)  # and only then it is stopped
    result = load.stop()
    assert result["errors"] == {}, lb.log.read_text()
    assert len(result["answers"]) == 9
    assert sum(result["answers"].values()) > 1000


def test_a_dead_pod_costs_no_request_while_it_is_still_in_the_rotation(machine: Machine) -> None:
    pods = Pods(machine)
    for name in ("pod-0", "pod-1"):
        pods.start(name)
    lb = RunningFront(machine, serving(["pod-0", "pod-1"]))
    lb.confirm()
    pods.kill("pod-1")
    load = Load(machine, "once")
    wait_for(lambda: machine.get("http://10.98.0.20/") == "pod-0", "the other pod answers")
    result = load.stop()
    assert result["errors"] == {}
    assert set(result["answers"]) == {"pod-0"}


def test_a_configuration_that_fails_the_check_leaves_the_old_one_serving(
    machine: Machine,
) -> None:
    pods = Pods(machine)
    pods.start("pod-0")
    lb = RunningFront(machine, serving(["pod-0"]))
    lb.confirm()
    path = "/etc/haproxy/haproxy.cfg"
    broken = replace(lb.front, files={path: lb.front.files[path] + b"listen nonsense\n  what\n"})
    with pytest.raises(AssertionError, match="what"):
        lb.apply(broken)
    assert machine.get("http://10.98.0.20/") == "pod-0"


def test_a_client_stays_with_its_pod_when_another_pod_leaves(machine: Machine) -> None:
    pods = Pods(machine)
    names = ["pod-0", "pod-1", "pod-2"]
    for name in names:
        pods.start(name)
    sticky = replace(WEB, session_affinity=600)
    lb = RunningFront(machine, serving(names, sticky))
    lb.confirm()
    first = {machine.get("http://10.98.0.20/") for _ in range(5)}
    assert len(first) == 1
    other = next(name for name in names if name not in first)
    lb.apply(serving([name for name in names if name != other], sticky))
    assert {machine.get("http://10.98.0.20/") for _ in range(5)} == first


def test_a_service_without_endpoints_refuses_connections(machine: Machine) -> None:
    Pods(machine)
    lb = RunningFront(machine, serving([]))
    lb.confirm()
    refused = machine.run("busybox", "nc", "-w", "2", "10.98.0.20", "80", check=False)
    assert "refused" in refused.stderr


def test_node_ports_answer_on_the_nodes_own_addresses(machine: Machine) -> None:
    pods = Pods(machine)
    pods.start("pod-0")
    port = replace(WEB, node_port=30080, endpoints=(Endpoint("10.98.16.10", 8080, "pod-0"),))
    machine.run("ip", "address", "add", "198.51.100.7/32", "dev", "lo")
    addresses = ("127.0.0.1", "198.51.100.7")
    edge = RunningFront(
        machine, fronts(replace(MODEL, node_addresses=addresses, ports=(port,)))["edge"]
    )
    edge.confirm()
    for address in addresses:
        assert machine.get(f"http://{address}:30080/") == "pod-0"
    listening = machine.run("ss", "-lnt").stdout
    assert "0.0.0.0:" not in listening.replace("0.0.0.0:*", "")


def test_a_port_of_another_load_balancer_is_taken_and_not_shared(machine: Machine) -> None:
    pods = Pods(machine)
    pods.start("pod-0")
    port = replace(WEB, node_port=30080, endpoints=(Endpoint("10.98.16.10", 8080, "pod-0"),))
    first = fronts(replace(MODEL, ports=(port,)))["edge"]
    RunningFront(machine, first).confirm()
    other = replace(MODEL, front_address="10.99.16.2", ports=(port,))
    second = RunningFront(machine, replace(fronts(other)["edge"], name="other"))
    wait_for(lambda: second.process.poll() is not None, "the second one gives up")
    assert "Address already in use" in second.log.read_text()


def test_the_workers_are_not_root(machine: Machine) -> None:
    Pods(machine)
    lb = RunningFront(machine, serving([]))
    lb.confirm()
    pid = Path(f"/proc/{lb.process.pid}/task/{lb.process.pid}/children").read_text().split()[0]
    status = Path(f"/proc/{pid}/status").read_text()
    assert "Uid:\t65532\t65532\t65532\t65532" in status
    assert lb.front.workers == lb.workers() == 2
