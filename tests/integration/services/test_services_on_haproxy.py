"""What services ask for beyond plain connections, on the real HAProxy."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.types import Endpoint, Front, HealthPort, Model, Peer, Relay, ServicePort
from tests.integration.network.machine import Machine, RunningFront, wait_for

ECHO = Path(__file__).parent / "echo.py"
OWN = ("127.0.0.1", "198.51.100.7")
"""Addresses of the node."""
MODEL = Model(
    node="n1",
    node_addresses=OWN,
    front_address="10.98.16.2",
    service_cidr="10.98.0.0/20",
    dns_address="10.98.0.10",
)
HERE = Endpoint("10.98.16.10", 8080, "web-here", node="n1")
THERE = Endpoint("10.98.17.10", 8080, "web-there", node="n2", peer="n2")
PEER = Peer("n2", "10.98.17.2", 10256)
WEB = ServicePort("default", "web", "", "TCP", ("10.98.0.20",), 80, endpoints=(HERE,))
OUTSIDE = replace(WEB, cluster_ips=(), node_port=30080)


@pytest.fixture
def node(machine: Machine) -> Machine:
    """A node that has its own address, that of the front, and one of a client."""
    for address in ("198.51.100.7/32", "10.98.16.2/16", "198.51.100.99/32", "198.51.100.98/32"):
        machine.run("ip", "address", "add", address, "dev", "lo")
    return machine


def front(name: str, *ports: ServicePort, **more: Any) -> Front:
    model = replace(MODEL, ports=ports, **more)
    return next(each for each in HAProxyLoadBalancer().fronts(model) if each.name == name)


def start(machine: Machine, made: Front) -> RunningFront:
    running = RunningFront(machine, made)
    running.confirm()
    return running


def pod(machine: Machine, endpoint: Endpoint, port: int = 0) -> subprocess.Popen[str]:
    address, number = endpoint.address, port or endpoint.port
    machine.run("ip", "address", "replace", f"{address}/32", "dev", "lo")
    process = machine.start([sys.executable, str(ECHO), address, str(number), endpoint.name])
    where = f"http://{address}:{number}/"
    wait_for(lambda: machine.get(where).startswith(endpoint.name), f"{where} answers")
    return process


def ask(machine: Machine, url: str, source: str = "", *more: str) -> str:
    """The body of the answer, "" where there is none."""
    interface = ["--interface", source] if source else []
    argv = ["curl", "-s", "-m", "10", *interface, *more, url]
    return machine.run(*argv, check=False).stdout


def who(machine: Machine, url: str, source: str = "") -> str:
    return ask(machine, url, source).partition("\n")[0]


# --- nodes that fall silent ---


def test_pods_of_a_silent_node_are_left_out_while_others_answer(node: Machine) -> None:
    for each in (HERE, THERE):
        pod(node, each)
    peer = pod(node, replace(THERE, address=PEER.address, name="n2"), PEER.port)
    both = replace(WEB, endpoints=(HERE, THERE))
    far = replace(WEB, service="far", cluster_ips=("10.98.0.21",), endpoints=(THERE,))
    lb = start(node, front("lb", both, far, peers=(PEER,)))
    peers = "http://10.98.16.2:10256/peers"
    wait_for(lambda: ask(node, peers) == "n2=1 ", "the peer counts as alive")
    assert {who(node, "http://10.98.0.20/") for _ in range(4)} == {"web-here", "web-there"}
    peer.kill()
    wait_for(lambda: ask(node, peers) == "n2=0 ", "the peer counts as silent")
    assert {who(node, "http://10.98.0.20/") for _ in range(8)} == {"web-here"}
    assert who(node, "http://10.98.0.21/") == "web-there", "the only one is tried all the same"
    assert lb.process.poll() is None
    pod(node, replace(THERE, address=PEER.address, name="n2"), PEER.port)
    wait_for(lambda: ask(node, peers) == "n2=1 ", "the peer is back")
    assert {who(node, "http://10.98.0.20/") for _ in range(4)} == {"web-here", "web-there"}


# --- relays ---


def test_a_relay_leads_other_nodes_to_a_pod_and_nobody_else(node: Machine) -> None:
    pod(node, HERE)
    relays = (Relay(29001, HERE.address, HERE.port),)
    edge = front(
        "edge",
        own_address=OWN[1],
        relays=relays,
        relay_health=29000,
        relay_sources=("198.51.100.98",),
    )
    start(node, edge)
    url, health = f"http://{OWN[1]}:29001/", f"http://{OWN[1]}:29000/generation"
    assert who(node, url, "198.51.100.98") == "web-here"
    assert ask(node, url, "198.51.100.99") == ""
    status = ("-o", "/dev/null", "-w", "%{http_code}")
    assert ask(node, health, "198.51.100.98", *status) == "200"
    assert ask(node, health, "198.51.100.99", *status) == "000"
    assert edge.endpoints == {"10.98.16.10:8080"}


def test_another_nodes_load_balancer_connects_to_the_relay(node: Machine) -> None:
    """The pod itself stays out of reach: only the relay's port answers."""
    pod(node, replace(THERE, address="198.51.100.98", port=29001))
    there = replace(THERE, peer="", relay=("198.51.100.98", 29001))
    lb = front("lb", replace(WEB, endpoints=(there,)))
    start(node, lb)
    assert who(node, "http://10.98.0.20/") == "web-there"
    assert lb.endpoints == {"10.98.17.10:8080"}, "the rotation speaks of the pod"


# --- affinity ---


def test_a_client_keeps_its_pod_through_a_reload_that_brings_others(node: Machine) -> None:
    first = tuple(replace(HERE, address=f"10.98.16.{10 + n}", name=f"web-{n}") for n in range(2))
    more = tuple(replace(HERE, address=f"10.98.16.{12 + n}", name=f"web-{2 + n}") for n in range(3))
    for each in (*first, *more):
        pod(node, each)
    sticky = replace(WEB, session_affinity=600)
    lb = start(node, front("lb"))
    node.run("sleep", "5.5")  # HAProxy's own wait for somebody who knows more
    lb.apply(front("lb", replace(sticky, endpoints=first)))
    clients = ("198.51.100.98", "198.51.100.99")
    kept = {client: who(node, "http://10.98.0.20/", client) for client in clients}
    assert len(set(kept.values())) == 2
    for endpoints in ((*more, *first), first, (*first, *more)):
        lb.apply(front("lb", replace(sticky, endpoints=endpoints)))
        lb.drained()
        for client in clients:
            found = {who(node, "http://10.98.0.20/", client) for _ in range(3)}
            assert found == {kept[client]}


def test_affinity_ends_with_its_time(node: Machine) -> None:
    pods = tuple(replace(HERE, address=f"10.98.16.{10 + n}", name=f"web-{n}") for n in range(2))
    for each in pods:
        pod(node, each)
    start(node, front("lb", replace(WEB, session_affinity=1, endpoints=pods)))
    one = who(node, "http://10.98.0.20/")
    assert who(node, "http://10.98.0.20/") == one

    def another() -> bool:
        node.run("sleep", "1.5")
        return who(node, "http://10.98.0.20/") != one

    wait_for(another, "the client comes to another pod")


# --- the client's address ---


def test_http_services_tell_the_pod_who_asks(node: Machine) -> None:
    pod(node, HERE)
    start(node, front("edge", replace(OUTSIDE, name="http")))
    seen = ask(node, "http://198.51.100.7:30080/", "198.51.100.99")
    assert "x-forwarded-for: 198.51.100.99" in seen.lower()


def test_the_proxy_protocol_tells_the_pod_who_asks_on_any_port(node: Machine) -> None:
    pod(node, HERE)
    start(node, front("edge", replace(OUTSIDE, proxy_protocol="v1")))
    seen = ask(node, "http://198.51.100.7:30080/", "198.51.100.99")
    assert seen.splitlines()[1].startswith("PROXY TCP4 198.51.100.99 198.51.100.7 ")


def test_only_the_given_sources_reach_a_load_balancers_address(node: Machine) -> None:
    pod(node, HERE)
    filtered = replace(
        OUTSIDE, node_port=0, external_addresses=(OWN[1],), sources=("198.51.100.98/32",)
    )
    start(node, front("edge", OUTSIDE, filtered))
    assert who(node, "http://198.51.100.7/", "198.51.100.98") == "web-here"
    assert ask(node, "http://198.51.100.7/", "198.51.100.99") == ""
    assert who(node, "http://198.51.100.7:30080/", "198.51.100.99") == "web-here"


# --- local traffic and its health ---


def test_the_health_port_tells_whether_the_node_has_endpoints(node: Machine) -> None:
    ports = (HealthPort("default", "web", 30081, 2), HealthPort("default", "no", 30082, 0))
    start(node, front("edge", health_ports=ports))
    head = node.run("curl", "-si", "http://198.51.100.7:30081/").stdout.lower()
    assert head.startswith("http/1.1 200 ")
    assert "x-load-balancing-endpoint-weight: 2" in head
    assert json.loads(ask(node, "http://127.0.0.1:30081/")) == {
        "service": {"namespace": "default", "name": "web"},
        "localEndpoints": 2,
        "serviceProxyHealthy": True,
    }
    status = ask(node, "http://127.0.0.1:30082/", "", "-o", "/dev/null", "-w", "%{http_code}")
    assert status == "503"


# --- addresses ---


def test_an_address_of_the_pool_is_served_as_soon_as_the_node_has_it(node: Machine) -> None:
    pod(node, HERE)
    balanced = replace(OUTSIDE, node_port=0, external_addresses=("203.0.113.9",))
    start(node, front("edge", balanced, pool_addresses=("203.0.113.9",)))
    assert who(node, "http://203.0.113.9/") == ""
    hold = RunningFront(node, front("hold", balanced, pool_addresses=("203.0.113.9",)))
    wait_for(lambda: who(node, "http://203.0.113.9/") == "web-here", "the address is served")
    hold.apply(front("hold", pool_addresses=("203.0.113.10",)))
    assert held(node) == ["203.0.113.10"]
    node.run("ip", "route", "flush", "table", "local", "proto", "99")
    wait_for(lambda: held(node) == ["203.0.113.10"], "what somebody took away is back")
    assert hold.inside(*hold.front.retire).returncode == 0
    assert held(node) == []


def held(machine: Machine) -> list[str]:
    listed = machine.run("ip", "-4", "route", "show", "table", "local", "proto", "99").stdout
    return [line.split()[1] for line in listed.splitlines()]


def test_a_port_of_another_program_does_not_keep_the_rest_from_being_served(
    node: Machine,
) -> None:
    pod(node, HERE)
    pod(node, replace(HERE, address="198.51.100.7", name="other"), 80)
    both = replace(OUTSIDE, external_addresses=(OWN[1],))
    start(node, front("edge", both, blocked=("198.51.100.7:80",)))
    assert who(node, "http://198.51.100.7:30080/") == "web-here"
    assert who(node, "http://198.51.100.7/") == "other"
