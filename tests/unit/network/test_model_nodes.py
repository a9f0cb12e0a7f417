"""The model of one node among others: ways to their pods, peers, relays, addresses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.network.around import Around, Reach, allocate, around
from kctl.network.model import Catalogue
from kctl.network.types import HealthPort, Model, Peer, Relay, ServicePort
from tests.unit.network.test_model import SETTINGS, endpoint, endpoint_slice, service


def node(number: int, mode: str = "route", prefix: int = 24, **more: Any) -> dict[str, Any]:
    address = f"192.0.2.{10 + number}"
    return {
        "metadata": {
            "name": f"n{number}",
            "annotations": {
                "kctl.io/address": f"{address}/{prefix}",
                "kctl.io/pod-network": mode,
            },
        },
        "spec": {"podCIDR": f"10.98.{15 + number}.0/24"},
        "status": {"addresses": [{"type": "InternalIP", "address": address}]},
        **more,
    }


def three(mode: str = "route") -> list[dict[str, Any]]:
    return [node(1, mode), node(2, mode), node(3, mode)]


EACH = endpoint_slice(
    endpoint("10.98.16.10", "web-a"),
    endpoint("10.98.17.10", "web-b", nodeName="n2"),
    endpoint("10.98.18.10", "web-c", nodeName="n3"),
)
SERVING = {f"n{each}": Reach(serves=True) for each in (1, 2, 3)}


def model_of(
    first: str,
    nodes: list[dict[str, Any]],
    reach: dict[str, Reach],
    *services: dict[str, Any],
    slices: Any = (EACH,),
    relays: dict[str, int] | None = None,
) -> Model:
    catalogue = Catalogue(nodes, services or [service()], slices, SETTINGS.__getitem__)
    own = next(each for each in nodes if each["metadata"]["name"] == first)
    return catalogue.model(own, around(own, nodes, reach, relays or {}))


def reached(port: ServicePort) -> list[tuple[str, str, Any]]:
    return [(each.name, each.peer, each.relay) for each in port.endpoints]


def test_pods_elsewhere_are_reached_by_their_own_addresses_and_watched_by_their_node() -> None:
    model = model_of("n1", three(), SERVING)
    assert reached(model.ports[0]) == [
        ("web-a", "", None),
        ("web-b", "n2", None),
        ("web-c", "n3", None),
    ]
    assert model.peers == (Peer("n2", "10.98.17.2", 10256), Peer("n3", "10.98.18.2", 10256))
    assert (model.relays, model.relay_health, model.own_address) == ((), 0, "")


def test_a_node_whose_load_balancer_never_answered_counts_as_alive() -> None:
    model = model_of("n1", three(), {"n2": Reach(serves=True)})
    assert [each.peer for each in model.ports[0].endpoints] == ["", "n2", ""]


def test_where_no_way_leads_to_pods_their_nodes_relay() -> None:
    pods = {"10.98.17.10:8080": 29001}
    reach = {"n2": Reach(True, pods, 29000), "n3": Reach(True, {}, 0)}
    own = {"": 29000, "10.98.16.10:8080": 29007}
    model = model_of("n1", three("published"), reach, relays=own)
    assert reached(model.ports[0]) == [
        ("web-a", "", None),
        ("web-b", "n2", ("192.0.2.12", 29001)),
    ], "a pod that no relay leads to yet is not tried"
    assert model.peers == (Peer("n2", "192.0.2.12", 29000),)
    assert model.relays == (Relay(29007, "10.98.16.10", 8080),)
    assert (model.own_address, model.relay_health) == ("192.0.2.11", 29000)
    assert model.relay_sources == ("192.0.2.12", "192.0.2.13")


def test_one_published_node_is_relayed_to_and_relays_to_all_while_others_route() -> None:
    nodes = [node(1), node(2), node(3, "published")]
    own = {"": 29000, "10.98.16.10:8080": 29001}
    model = model_of("n1", nodes, SERVING, relays=own)
    assert [each.name for each in model.ports[0].endpoints] == ["web-a", "web-b"]
    assert model.relay_sources == ("192.0.2.13",)


def test_a_pod_in_its_hosts_network_is_reached_there_on_every_way() -> None:
    host_pod = endpoint_slice(endpoint("192.0.2.12", "proxy", nodeName="n2"))
    model = model_of("n1", three("published"), {}, slices=(host_pod,))
    assert reached(model.ports[0]) == [("proxy", "", None)]


def test_an_endpoint_without_a_node_is_reached_as_it_is() -> None:
    outside = endpoint_slice(endpoint("198.51.100.7", "db", nodeName="nowhere"))
    model = model_of("n1", three("published"), SERVING, slices=(outside,))
    assert reached(model.ports[0]) == [("db", "", None)]


def test_a_local_policy_means_the_pods_of_each_node() -> None:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    local = service(
        type="LoadBalancer",
        ports=ports,
        externalTrafficPolicy="Local",
        internalTrafficPolicy="Local",
        healthCheckNodePort=30081,
    )
    model = model_of("n2", three(), SERVING, local)
    assert [[e.name for e in each.endpoints] for each in model.ports] == [["web-b"], ["web-b"]]
    assert model.health_ports == (HealthPort("default", "web", 30081, 1),)
    empty = model_of("n2", three(), SERVING, local, slices=())
    assert empty.health_ports == (HealthPort("default", "web", 30081, 0),)


def test_the_identity_of_a_model_follows_what_the_model_says() -> None:
    nodes = three("published")
    catalogue = Catalogue(nodes, [service()], [EACH], SETTINGS.__getitem__)
    arounds = [
        around(nodes[0], nodes, SERVING, {}),
        around(nodes[0], nodes, {"n2": Reach(True, {"10.98.17.10:8080": 29001}, 29000)}, {}),
        around(nodes[0], nodes, {"n2": Reach(True, {"10.98.17.10:8080": 29002}, 29000)}, {}),
        around(nodes[0], nodes, SERVING, {"": 29000}),
        around(nodes[0], nodes, SERVING, {}, ["192.0.2.11:80"]),
    ]
    assert len({catalogue.identity(nodes[0], each) for each in arounds}) == 5
    again = Catalogue(three("published"), [service()], [EACH], SETTINGS.__getitem__)
    for each in arounds:
        assert again.identity(nodes[0], each) == catalogue.identity(nodes[0], each)
    assert catalogue.identity(nodes[0], Around()) != catalogue.identity(nodes[1], Around())


# --- relay ports ---


def test_relay_ports_stay_and_are_given_again_as_late_as_possible() -> None:
    ports = range(29000, 29004)
    first = allocate(["", "a:1", "b:1"], {}, ports)
    assert first == {"": 29000, "a:1": 29001, "b:1": 29002}
    second = allocate(["", "b:1", "c:1"], first, ports)
    assert second == {"": 29000, "b:1": 29002, "c:1": 29003}
    third = allocate(["", "b:1", "d:1"], second, ports)
    assert third == {"": 29000, "b:1": 29002, "d:1": 29001}
    full = allocate(["", "b:1", "d:1", "e:1", "f:1"], third, ports)
    assert len(full) == 4 and full.items() >= third.items()


@given(
    st.lists(st.sets(st.sampled_from("abcdefgh")), max_size=12),
    st.integers(1, 10),
)
def test_no_two_pods_share_a_relay_port(rounds: list[set[str]], size: int) -> None:
    ports = range(29000, 29000 + size)
    known: dict[str, int] = {}
    for wanted in rounds:
        given_now = allocate(wanted, known, ports)
        assert len(set(given_now.values())) == len(given_now) == min(len(wanted), size)
        assert all(given_now[each] == known[each] for each in wanted & known.keys())
        assert set(given_now.values()) <= set(ports)
        known = given_now


# --- addresses and ports outside ---


def balancer(name: str, *addresses: str, created: str = "", **spec: Any) -> dict[str, Any]:
    made = service(name, type="LoadBalancer", **spec)
    made["metadata"]["creationTimestamp"] = created
    made["status"] = {"loadBalancer": {"ingress": [{"ip": each} for each in addresses]}}
    return made


def test_the_older_of_two_services_has_the_port_of_an_address() -> None:
    young = balancer("aaa", "192.0.2.11", created="2026-01-02T00:00:00Z", clusterIP="10.98.0.21")
    old = balancer("web", "192.0.2.11", created="2026-01-01T00:00:00Z")
    catalogue = Catalogue(three(), [young, old], [EACH], SETTINGS.__getitem__)
    served = {
        each.service: each.external_addresses
        for each in catalogue.model(three()[0]).ports
        if not each.cluster_ips
    }
    assert served == {"aaa": (), "web": ("192.0.2.11",)}
    (problem,) = catalogue.problems
    assert problem.service["metadata"]["name"] == "aaa"
    assert problem.message == (
        "Port 80 of 192.0.2.11 is not served here: provided port is already allocated "
        "to default/web"
    )


def test_a_node_port_goes_before_an_address_with_that_port() -> None:
    ports = [{"name": "http", "port": 30080, "protocol": "TCP"}]
    node_ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    taken = service("aaa", ports=ports, externalIPs=["192.0.2.11", "203.0.113.1"])
    holder = service("web", type="NodePort", ports=node_ports, clusterIP="10.98.0.21")
    catalogue = Catalogue(three(), [taken, holder], [EACH], SETTINGS.__getitem__)
    (problem,) = catalogue.problems
    assert "default/web" in problem.message
    outer = [each for each in catalogue.model(three()[0]).ports if each.external_addresses]
    assert [each.external_addresses for each in outer] == [("203.0.113.1",)]


def test_a_service_may_use_one_number_as_port_and_node_port() -> None:
    ports = [{"name": "http", "port": 30080, "protocol": "TCP", "nodePort": 30080}]
    both = balancer("web", "192.0.2.11", ports=ports)
    catalogue = Catalogue(three(), [both], [EACH], SETTINGS.__getitem__)
    assert catalogue.problems == []


def test_an_address_of_the_pool_stands_on_the_node_that_holds_it() -> None:
    held = balancer("web", "203.0.113.9")
    held["metadata"]["annotations"] = {"kctl.io/load-balancer-node": "n2"}
    catalogue = Catalogue(three(), [held], [EACH], SETTINGS.__getitem__)
    assert [catalogue.model(each).pool_addresses for each in three()] == [
        (),
        ("203.0.113.9",),
        (),
    ]


@pytest.mark.parametrize("wrong", [3, "", "v3", "v1\n    lua-load /x", True])
def test_only_versions_of_the_proxy_protocol_are_taken(wrong: Any) -> None:
    odd = service()
    odd["metadata"]["annotations"] = {"kctl.io/proxy-protocol": wrong}
    catalogue = Catalogue(three(), [odd], [EACH], SETTINGS.__getitem__)
    assert catalogue.model(three()[0]).ports[0].proxy_protocol == ""
    assert [each.reason for each in catalogue.problems] == ["InvalidAnnotation"] * bool(wrong)


def test_source_ranges_close_the_addresses_and_not_the_node_port() -> None:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    ranges = ["198.51.100.0/24", " 203.0.113.7/32 ", "fd00::/8"]
    narrow = balancer("web", "192.0.2.11", ports=ports, loadBalancerSourceRanges=ranges)
    model = model_of("n1", three(), {}, narrow)
    _, node_port, filtered = model.ports
    assert (node_port.node_port, node_port.external_addresses) == (30080, ())
    assert filtered.external_addresses == ("192.0.2.11",)
    assert filtered.sources == ("198.51.100.0/24", "203.0.113.7/32")


def test_an_address_beyond_the_service_range_leaves_the_others_served() -> None:
    stray = service("stray", clusterIP="203.0.113.5")
    catalogue = Catalogue(three(), [stray, service()], [EACH], SETTINGS.__getitem__)
    assert [each.service for each in catalogue.model(three()[0]).ports] == ["web"]
    (problem,) = catalogue.problems
    assert problem.reason == "InvalidService"
