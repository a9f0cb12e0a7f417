from __future__ import annotations

from typing import Any

import pytest

from kctl.network.pool import Pool
from kctl.testing.world import World

HOLDER = "kctl.io/load-balancer-node"


def balancer(name: str, port: int = 80, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "type": "LoadBalancer",
            "selector": {"app": name},
            "ports": [{"port": port}],
            **spec,
        },
    }


def world(nodes: int = 2, pool: str = "") -> World:
    made = World(settings={"load-balancer-pool": pool})
    for each in range(nodes):
        made.add_node(f"n{each + 1}")
    made.settle()
    return made


def given(made: World, name: str) -> list[str]:
    service = made.get("services", name)
    assert service is not None
    ingress = service["status"]["loadBalancer"].get("ingress") or []
    assert all(each["ipMode"] == "VIP" for each in ingress)
    return [each["ip"] for each in ingress]


def holder(made: World, name: str) -> str:
    service = made.get("services", name)
    assert service is not None
    return str((service["metadata"].get("annotations") or {}).get(HOLDER, ""))


def lose(made: World, name: str) -> None:
    made.silence(name)
    made.advance(float(made.settings["node-monitor-grace-period"]) + 1)


def test_without_a_pool_a_service_has_the_addresses_of_all_ready_nodes() -> None:
    made = world()
    made.create(balancer("web"))
    made.settle()
    assert given(made, "web") == ["192.168.0.1", "192.168.0.2"]
    assert made.messages("EnsuredLoadBalancer") == ["Ensured load balancer"]
    lose(made, "n1")
    assert given(made, "web") == ["192.168.0.2"]
    made.answer("n1")
    made.settle()
    assert given(made, "web") == ["192.168.0.1", "192.168.0.2"]


def test_a_node_may_stay_out_of_load_balancers() -> None:
    made = world()
    made.create(balancer("web"))

    def exclude(node: dict[str, Any]) -> None:
        node["metadata"]["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] = ""

    made.change("nodes", "n1", exclude)
    made.settle()
    assert given(made, "web") == ["192.168.0.2"]


def test_one_port_of_the_nodes_serves_one_service_and_the_next_one_waits() -> None:
    made = world()
    made.create(balancer("web"))
    made.settle()
    made.create(balancer("also"))
    made.create(balancer("other", 81))
    made.settle()
    assert given(made, "also") == []
    assert given(made, "other") == ["192.168.0.1", "192.168.0.2"]
    assert made.messages("SyncLoadBalancerFailed") == [
        "Error syncing load balancer: failed to ensure load balancer: port 80/TCP: provided "
        "port is already allocated to default/web"
    ]
    made.delete("services", "web")
    made.settle()
    assert given(made, "also") == ["192.168.0.1", "192.168.0.2"]


def test_a_service_that_is_no_balancer_any_more_gives_its_addresses_back() -> None:
    made = world(pool="203.0.113.9")
    made.create(balancer("web"))
    made.settle()
    assert given(made, "web") == ["203.0.113.9"]
    made.change("services", "web", lambda each: each["spec"].update(type="ClusterIP"))
    made.settle()
    assert (given(made, "web"), holder(made, "web")) == ([], "")


def test_another_class_of_load_balancer_is_left_to_its_own_implementation() -> None:
    made = world()
    made.create(balancer("web", loadBalancerClass="example.com/lb"))
    made.settle()
    assert given(made, "web") == []
    assert made.messages("SyncLoadBalancerFailed") == []


def test_each_service_has_an_address_of_the_pool_on_one_node_and_keeps_it() -> None:
    made = world(pool="203.0.113.9-203.0.113.10")
    for name in ("a", "b", "c"):
        made.create(balancer(name))
    made.settle()
    assert sorted(given(made, "a") + given(made, "b")) == ["203.0.113.10", "203.0.113.9"]
    assert {holder(made, "a"), holder(made, "b")} <= {"n1", "n2"}
    assert given(made, "c") == []
    assert "no address of the pool is left" in made.messages("SyncLoadBalancerFailed")[0]
    before = given(made, "b")
    made.delete("services", "a")
    made.settle()
    assert given(made, "b") == before
    assert given(made, "c") != []


def test_the_address_of_a_lost_node_moves_and_stays_where_it_came_to() -> None:
    made = world(pool="203.0.113.9")
    made.create(balancer("web"))
    made.settle()
    first = holder(made, "web")
    lose(made, first)
    second = holder(made, "web")
    assert second and second != first
    made.answer(first)
    made.advance(1)
    assert holder(made, "web") == second


def test_an_address_that_was_asked_for_is_given_once() -> None:
    made = world(pool="203.0.113.8/29")
    made.create(balancer("web", loadBalancerIP="203.0.113.12"))
    made.create(balancer("also", loadBalancerIP="203.0.113.12"))
    made.create(balancer("far", loadBalancerIP="198.51.100.1"))
    made.settle()
    assert given(made, "web") == [] or given(made, "also") == []
    assert given(made, "web") + given(made, "also") == ["203.0.113.12"]
    assert sorted(made.messages("SyncLoadBalancerFailed")) == [
        "Error syncing load balancer: failed to ensure load balancer: the address "
        "198.51.100.1 is not in the pool",
        "Error syncing load balancer: failed to ensure load balancer: the address "
        "203.0.113.12: provided IP is already allocated",
    ]


@pytest.mark.parametrize("pool", ["", "203.0.113.8/29"])
def test_with_the_policy_local_only_nodes_with_endpoints_take_part(pool: str) -> None:
    made = world(nodes=5, pool=pool)
    made.create(balancer("web", externalTrafficPolicy="Local", selector=None))
    made.create(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4",
            "ports": [{"port": 8080}],
            "endpoints": [{"addresses": ["10.98.17.10"], "nodeName": "n2"}],
        }
    )
    made.settle()
    if pool:
        assert holder(made, "web") == "n2"
    else:
        assert given(made, "web") == ["192.168.0.2"]


@pytest.mark.parametrize(
    "text", ["x", "10.0.0.1-", "10.0.0.9-10.0.0.1", "10.0.0.1/24", "10.0.0.0/8", "fd00::1"]
)
def test_a_pool_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"10|x|fd00"):
        Pool(text)
    made = world(pool=text)
    made.create(balancer("web"))
    made.settle()
    assert given(made, "web") == []
    assert "load-balancer-pool: " in made.messages("SyncLoadBalancerFailed")[0]


def test_a_pool_is_addresses_ranges_and_networks() -> None:
    pool = Pool("192.0.2.9, 192.0.2.100-192.0.2.101,198.51.100.0/31")
    everything = ["192.0.2.9", "192.0.2.100", "192.0.2.101", "198.51.100.0", "198.51.100.1"]
    assert list(pool) == everything
    assert pool.free(everything[:2]) == "192.0.2.101"
    assert pool.free(everything) is None
    assert "192.0.2.10" not in pool
    assert not Pool("")
