from __future__ import annotations

from typing import Any

import pytest

from kctl.network.model import Problem, build
from kctl.network.types import Alias, Model, NameRecord, ServicePort, ServiceRecord

SETTINGS = {
    "cluster-domain": "cluster.local",
    "service-cidr": "10.98.0.0/20",
    "dns-address": "10.98.0.10",
}
NODE = {
    "metadata": {"name": "n1"},
    "spec": {"podCIDR": "10.98.16.0/24"},
    "status": {
        "addresses": [
            {"type": "InternalIP", "address": "192.0.2.2"},
            {"type": "InternalIP", "address": "fd00::2"},
            {"type": "Hostname", "address": "n1"},
        ]
    },
}


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "protocol": "TCP"}]
    defaults = {"type": "ClusterIP", "clusterIP": "10.98.0.20", "ports": ports}
    return {
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}"},
        "spec": {**defaults, **spec},
    }


def endpoint(address: str, pod: str, **more: Any) -> dict[str, Any]:
    return {
        "addresses": [address],
        "conditions": {"ready": True},
        "nodeName": "n1",
        "targetRef": {"kind": "Pod", "name": pod},
        **more,
    }


def endpoint_slice(
    *endpoints: dict[str, Any], name: str = "web", ports: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"{name}-x",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": ports or [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": list(endpoints),
    }


TWO = endpoint_slice(endpoint("10.98.16.11", "web-b"), endpoint("10.98.16.10", "web-a"))


def made(*services: dict[str, Any], slices: Any = (TWO,)) -> tuple[Model, list[Problem]]:
    return build(NODE, services, slices, SETTINGS.__getitem__)


def only_port(model: Model) -> ServicePort:
    (port,) = model.ports
    return port


def test_a_service_has_an_address_a_name_and_its_ready_endpoints_in_order() -> None:
    model, problems = made(service())
    port = only_port(model)
    assert (port.cluster_ips, port.port) == (("10.98.0.20",), 80)
    assert [(each.name, each.address, each.port) for each in port.endpoints] == [
        ("web-a", "10.98.16.10", 8080),
        ("web-b", "10.98.16.11", 8080),
    ]
    name = "web.default.svc.cluster.local"
    assert model.names == (NameRecord(name, ("10.98.0.20",)),)
    assert model.services == (ServiceRecord(f"_http._tcp.{name}", name, 80),)
    assert problems == []


def test_the_node_listens_on_loopback_and_its_own_ipv4_addresses() -> None:
    model, _ = made()
    assert model.node_addresses == ("127.0.0.1", "192.0.2.2")
    assert model.front_address == "10.98.16.2"


def test_endpoints_that_are_not_ready_are_out_of_the_rotation() -> None:
    gone = endpoint("10.98.16.12", "web-c", conditions={"ready": False, "serving": True})
    model, _ = made(service(), slices=(endpoint_slice(gone), TWO))
    assert "10.98.16.12" not in {each.address for each in only_port(model).endpoints}


def test_a_headless_service_has_the_names_of_its_pods_and_no_address() -> None:
    named = endpoint("10.98.16.12", "db-0", hostname="db-0")
    slices = (endpoint_slice(named, endpoint("10.98.16.13", "db-x")),)
    model, _ = made(service(clusterIP="None"), slices=slices)
    domain = "web.default.svc.cluster.local"
    assert only_port(model).cluster_ips == ()
    assert set(model.names) == {
        NameRecord(domain, ("10.98.16.12", "10.98.16.13")),
        NameRecord(f"db-0.{domain}", ("10.98.16.12",)),
        NameRecord(f"10-98-16-13.{domain}", ("10.98.16.13",)),
    }
    assert set(model.services) == {
        ServiceRecord(f"_http._tcp.{domain}", f"db-0.{domain}", 8080),
        ServiceRecord(f"_http._tcp.{domain}", f"10-98-16-13.{domain}", 8080),
    }


def test_node_ports_and_external_addresses_are_a_port_of_their_own() -> None:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    model, _ = made(service(type="NodePort", ports=ports, externalIPs=["192.0.2.2"]))
    inner, outer = model.ports
    assert (inner.node_port, inner.external_addresses) == (0, ())
    assert (outer.cluster_ips, outer.node_port) == ((), 30080)
    assert outer.external_addresses == ("192.0.2.2",)
    assert inner.endpoints == outer.endpoints


def test_a_local_policy_keeps_traffic_on_the_node() -> None:
    away = endpoint("10.98.17.10", "web-far", nodeName="n2")
    slices = (TWO, endpoint_slice(away))
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    model, _ = made(
        service(type="NodePort", ports=ports, externalTrafficPolicy="Local"), slices=slices
    )
    inner, outer = model.ports
    assert {each.name for each in inner.endpoints} == {"web-a", "web-b", "web-far"}
    assert {each.name for each in outer.endpoints} == {"web-a", "web-b"}


def test_an_external_name_is_an_alias_and_says_what_it_cannot_do() -> None:
    model, problems = made(service(type="ExternalName", externalName="db.example.com."))
    assert model.aliases == (Alias("web.default.svc.cluster.local", "db.example.com"),)
    assert [each.reason for each in problems] == ["ExternalNameNotFollowed"]
    inside = service(type="ExternalName", externalName="api.default.svc.cluster.local")
    assert made(inside)[1] == []


def test_a_udp_port_is_named_as_not_served() -> None:
    _, problems = made(service(ports=[{"port": 53, "protocol": "UDP"}]))
    (problem,) = problems
    assert (problem.reason, problem.service["metadata"]["name"]) == ("UnsupportedProtocol", "web")
    assert problem.message.startswith("Port 53/UDP is not served")


def test_session_affinity_defaults_to_three_hours() -> None:
    assert only_port(made(service(sessionAffinity="ClientIP"))[0]).session_affinity == 10800
    config = {"clientIP": {"timeoutSeconds": 60}}
    model, _ = made(service(sessionAffinity="ClientIP", sessionAffinityConfig=config))
    assert only_port(model).session_affinity == 60


@pytest.mark.parametrize(
    ("name", "protocol", "http"),
    [
        ("http", "", True),
        ("http-admin", "", True),
        ("https", "", False),
        ("httpx", "", False),
        ("db", "HTTP", True),
        ("http", "kubernetes.io/h2c", False),
        ("", "", False),
    ],
)
def test_http_is_what_the_service_says_it_is(name: str, protocol: str, http: bool) -> None:
    port = ServicePort("default", "web", name, "TCP", (), 80, app_protocol=protocol)
    assert port.http is http


def test_a_service_with_an_unfit_value_is_left_out_and_named_while_others_are_served() -> None:
    hostile = service("evil", clusterIP="10.98.0.21\n  server x 1.2.3.4:1")
    model, problems = made(hostile, service())
    assert only_port(model).service == "web"
    (problem,) = problems
    assert problem.reason == "InvalidService"
    assert "\n" not in problem.message
