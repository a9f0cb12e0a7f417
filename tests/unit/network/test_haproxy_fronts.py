from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kctl.network.checks import Unsafe
from kctl.network.haproxy.backend import HAProxyLoadBalancer
from kctl.network.haproxy.grammar import parse
from kctl.network.model import build
from kctl.network.types import Endpoint, Front, Model, NameRecord, ServicePort
from tests.unit.network.test_model import NODE, SETTINGS, TWO, service


def model(*services: dict[str, Any]) -> Model:
    return build(NODE, services, [TWO], SETTINGS.__getitem__)[0]


def fronts(of: Model) -> dict[str, Front]:
    return {front.name: front for front in HAProxyLoadBalancer().fronts(of)}


def text(front: Front) -> str:
    (contents,) = front.files.values()
    return contents.decode()


def test_a_node_without_node_ports_has_no_container_in_the_hosts_network() -> None:
    assert list(fronts(model(service()))) == ["lb", "dns"]


def test_node_ports_stand_in_the_hosts_network_on_explicit_addresses() -> None:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    edge = fronts(model(service(type="NodePort", ports=ports)))["edge"]
    body = parse(text(edge))["listen default.web.80.edge"]
    assert [line for line in body if line.startswith("bind")] == [
        "bind 127.0.0.1:30080",
        "bind 192.0.2.2:30080",
    ]
    assert edge.network == "host"
    assert edge.endpoints == {"10.98.16.10:8080", "10.98.16.11:8080"}


def test_an_external_address_is_served_where_the_node_has_it() -> None:
    outside = service(externalIPs=["192.0.2.2", "198.51.100.1"])
    body = parse(text(fronts(model(outside))["edge"]))["listen default.web.80.edge"]
    assert [line for line in body if line.startswith("bind")] == ["bind 192.0.2.2:80"]


def test_the_generation_follows_the_configuration() -> None:
    with_service, without = fronts(model(service()))["lb"], fronts(model())["lb"]
    assert with_service.confirm and without.confirm
    assert with_service.confirm[3] != without.confirm[3]
    assert with_service.confirm[3] in text(with_service)
    assert with_service.shape == without.shape
    assert fronts(model(service()))["lb"].digest == with_service.digest


def test_two_load_balancers_of_one_host_confirm_on_different_addresses() -> None:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    first = model(service(type="NodePort", ports=ports))
    second = replace(first, front_address="10.99.16.2")
    one, two = fronts(first)["edge"].confirm, fronts(second)["edge"].confirm
    assert one and two
    assert (one[0], two[0]) == ("127.98.16.2", "127.99.16.2")


def test_a_pod_that_leaves_changes_no_other_servers_number() -> None:
    sticky = service(sessionAffinity="ClientIP")
    everything = parse(text(fronts(model(sticky))["lb"]))["listen default.web.80"]
    less = build(NODE, [sticky], [{**TWO, "endpoints": TWO["endpoints"][:1]}], SETTINGS.__getitem__)
    body = parse(text(fronts(less[0])["lb"]))["listen default.web.80"]
    assert "stick on src" in body
    assert "stick-table type ip size 102400 expire 10800s peers kctl" in body
    (server,) = [line for line in body if line.startswith("server")]
    assert server in everything


def test_pods_of_one_name_get_names_of_their_own() -> None:
    twins = (Endpoint("10.98.16.10", 80, "web"), Endpoint("10.98.16.10", 81, "web"))
    port = ServicePort("default", "web", "", "TCP", ("10.98.0.20",), 80, endpoints=twins)
    body = parse(text(fronts(replace(model(), ports=(port,)))["lb"]))["listen default.web.80"]
    assert [line for line in body if line.startswith("server")] == [
        "server web 10.98.16.10:80",
        "server web-10.98.16.10-81 10.98.16.10:81",
    ]


def test_the_address_that_answers_names_is_left_to_the_name_server() -> None:
    port = ServicePort(
        "kube-system", "kube-dns", "", "TCP", ("10.98.0.10",), 53, endpoints=(_endpoint(),)
    )
    assert "10.98.0.10" not in text(fronts(replace(model(), ports=(port,)))["lb"])


def _endpoint() -> Endpoint:
    return Endpoint("10.98.16.10", 53, "dns")


def test_a_back_end_refuses_a_model_that_was_not_checked() -> None:
    hostile = replace(model(), names=(NameRecord("web\ncname=a,b", ("10.98.0.20",)),))
    with pytest.raises(Unsafe):
        HAProxyLoadBalancer().fronts(hostile)


def test_given_name_servers_take_the_place_of_the_engines_resolver() -> None:
    dns = fronts(replace(model(), upstream_dns=("192.0.2.53",)))["dns"]
    lines = dns.files["/etc/dnsmasq/dnsmasq.conf"].decode().splitlines()
    assert {"no-resolv", "server=192.0.2.53"} <= set(lines)
    assert "resolv-file=/etc/resolv.conf" not in lines


def test_only_addresses_are_read_again_without_a_reload() -> None:
    one, two = fronts(model())["dns"], fronts(model(service()))["dns"]
    changed = {path for path in one.files if one.files[path] != two.files[path]}
    assert two.live == ("/etc/dnsmasq/hosts/names",)
    assert changed == {"/etc/dnsmasq/hosts/names", "/etc/dnsmasq/dnsmasq.conf"}  # SRV records
    unnamed = fronts(model(service(ports=[{"port": 80, "protocol": "TCP"}])))["dns"]
    changed = {path for path in one.files if one.files[path] != unnamed.files[path]}
    assert changed == set(two.live)
