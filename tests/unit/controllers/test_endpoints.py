"""Endpoints and endpoint slices: who stands behind a service."""

from __future__ import annotations

from typing import Any

from kctl.controllers.plugin import endpoint_controllers, object_controllers
from kctl.scheduler.plugin import kctl_filters, kctl_schedulers, kctl_scores
from kctl.testing.instant_pods import InstantPods
from kctl.testing.world import World
from tests.unit.controllers.objects import deployment, pod, service, set_spec, world

SLICES = "endpointslices.discovery.k8s.io"


def _ips(made: World, which: str = "addresses", name: str = "web") -> list[str]:
    found = made.get("endpoints", name)
    assert found is not None
    return [a["ip"] for subset in found.get("subsets") or () for a in subset.get(which) or ()]


def _slice_endpoints(made: World) -> list[dict[str, Any]]:
    return [e for each in made.list(SLICES) for e in each.get("endpoints") or ()]


def slow_world(ready_after: float) -> World:
    schedulers = kctl_schedulers(kctl_filters(), kctl_scores())
    pods = InstantPods(ready_after)
    return world(
        nodes=1, controllers=[*object_controllers(schedulers), pods, *endpoint_controllers()]
    )


def test_ready_pods_stand_behind_their_service() -> None:
    made = world()
    made.create(deployment())
    made.create(service(port=80))
    made.settle()
    addresses = sorted(each["status"]["podIP"] for each in made.list("pods"))
    assert _ips(made) == addresses
    endpoints = made.get("endpoints", "web")
    assert endpoints is not None
    assert endpoints["metadata"]["labels"] == {
        "app": "web",
        "endpoints.kubernetes.io/managed-by": "endpoint-controller",
    }
    assert endpoints["subsets"][0]["ports"] == [{"port": 80, "protocol": "TCP"}]
    (only,) = made.list(SLICES)
    assert only["metadata"]["labels"] == {
        "app": "web",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert only["addressType"] == "IPv4"
    assert only["ports"] == [{"name": "", "port": 80, "protocol": "TCP"}]
    assert sorted(each["addresses"][0] for each in only["endpoints"]) == addresses
    assert all(
        each["conditions"] == {"ready": True, "serving": True, "terminating": False}
        and each["targetRef"]["kind"] == "Pod"
        and each["nodeName"] in ("n0", "n1")
        for each in only["endpoints"]
    )


def test_pods_that_are_not_ready_are_listed_apart() -> None:
    made = slow_world(30)
    made.create(deployment(replicas=1))
    made.create(service())
    made.settle()
    assert _ips(made) == [] and len(_ips(made, "notReadyAddresses")) == 1
    assert _slice_endpoints(made)[0]["conditions"]["ready"] is False
    made.advance(31)
    assert len(_ips(made)) == 1 and _ips(made, "notReadyAddresses") == []
    assert _slice_endpoints(made)[0]["conditions"]["ready"] is True


def test_a_service_may_publish_pods_before_they_are_ready() -> None:
    made = slow_world(30)
    made.create(deployment(replicas=1))
    made.create(service(publishNotReadyAddresses=True))
    made.settle()
    assert len(_ips(made)) == 1
    assert _slice_endpoints(made)[0]["conditions"] == {
        "ready": True,
        "serving": False,
        "terminating": False,
    }


def test_a_pod_on_its_way_out_leaves_endpoints_but_shows_in_the_slice() -> None:
    made = world(nodes=1)
    made.create(pod("one", labels={"app": "web"}))
    made.create(service())
    made.settle()
    made.silence("n0")
    made.delete("pods", "one")
    made.settle()
    assert _ips(made) == [] and _ips(made, "notReadyAddresses") == []
    (endpoint,) = _slice_endpoints(made)
    assert endpoint["conditions"] == {"ready": False, "serving": True, "terminating": True}


def test_named_target_ports_follow_each_pod() -> None:
    made = world()
    for name, number in (("a", 8080), ("b", 9090)):
        ports = [{"name": "http", "containerPort": number, "protocol": "TCP"}]
        made.create(pod(name, labels={"app": "web"}, ports=ports))
    made.create(pod("c", labels={"app": "web"}))
    named = {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}
    made.create(service(ports=[named]))
    made.settle()
    endpoints = made.get("endpoints", "web")
    assert endpoints is not None
    assert [subset["ports"][0]["port"] for subset in endpoints["subsets"]] == [8080, 9090]
    assert [len(subset["addresses"]) for subset in endpoints["subsets"]] == [1, 1]
    by_port = {
        each["ports"][0]["port"] if each.get("ports") else 0: len(each["endpoints"])
        for each in made.list(SLICES)
    }
    assert by_port == {8080: 1, 9090: 1, 0: 1}


def test_headless_services_carry_the_label_and_may_have_no_ports() -> None:
    made = world()
    made.create(pod("one", labels={"app": "web"}, hostname="db-0", subdomain="web"))
    made.create(service(clusterIP="None", clusterIPs=["None"], ports=[]))
    made.settle()
    endpoints = made.get("endpoints", "web")
    assert endpoints is not None
    assert endpoints["metadata"]["labels"]["service.kubernetes.io/headless"] == ""
    (subset,) = endpoints["subsets"]
    assert "ports" not in subset and subset["addresses"][0]["hostname"] == "db-0"
    (endpoint,) = _slice_endpoints(made)
    assert endpoint["hostname"] == "db-0"


def _written(*addresses: str) -> dict[str, Any]:
    listed = [{"ip": address} for address in addresses]
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": "web"},
        "subsets": [{"addresses": listed, "ports": [{"port": 80}]}],
    }


def test_endpoints_that_people_write_are_left_alone_and_mirrored() -> None:
    made = world()
    made.create(service(selector=None))
    made.create(_written("192.0.2.200"))
    made.settle()
    assert _ips(made) == ["192.0.2.200"]
    (mirror,) = made.list(SLICES)
    assert mirror["metadata"]["labels"] == {
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    }
    assert mirror["ports"] == [{"name": "", "port": 80, "protocol": "TCP"}]
    assert mirror["endpoints"] == [{"addresses": ["192.0.2.200"], "conditions": {"ready": True}}]
    before = made.revision
    made.touch_everything()
    made.settle()
    assert made.revision == before
    many = [f"192.0.2.{number}" for number in range(1, 131)]
    made.change("endpoints", "web", lambda obj: obj.update(subsets=_written(*many)["subsets"]))
    made.settle()
    assert sorted(len(each["endpoints"]) for each in made.list(SLICES)) == [30, 100]
    made.delete("endpoints", "web")
    made.settle()
    assert made.list(SLICES) == []


def test_endpoints_marked_so_are_not_mirrored() -> None:
    made = world()
    made.create(service(selector=None))
    one = _written("192.0.2.200")
    one["metadata"]["labels"] = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    made.create(one)
    made.settle()
    assert made.list(SLICES) == []


def test_a_service_without_pods_has_empty_endpoints_and_one_empty_slice() -> None:
    made = world()
    made.create(service())
    made.settle()
    assert _ips(made) == []
    (only,) = made.list(SLICES)
    assert not only.get("endpoints")


def test_endpoints_and_slices_go_with_their_service() -> None:
    made = world()
    made.create(deployment())
    made.create(service())
    made.settle()
    made.delete("services", "web")
    made.settle()
    assert made.get("endpoints", "web") is None
    assert made.list(SLICES) == []


def test_slices_hold_a_hundred_and_only_the_one_that_changes_is_written() -> None:
    made = world(nodes=3)
    made.create(deployment(replicas=250))
    made.create(service())
    made.settle()
    before = {each["metadata"]["name"]: each for each in made.list(SLICES)}
    assert sorted(len(each["endpoints"]) for each in before.values()) == [50, 100, 100]
    set_spec(made, "deployments.apps", "web", replicas=251)
    made.settle()
    after = {each["metadata"]["name"]: each for each in made.list(SLICES)}
    changed = [name for name in after if after[name] != before.get(name)]
    assert len(changed) == 1 and len(after[changed[0]]["endpoints"]) == 51
    set_spec(made, "deployments.apps", "web", replicas=0)
    made.settle()
    assert _slice_endpoints(made) == []
    assert len(made.list(SLICES)) == 1


def test_a_change_of_the_selector_changes_who_serves() -> None:
    made = world()
    made.create(pod("one", labels={"app": "web"}))
    made.create(pod("two", labels={"app": "other"}))
    made.create(service())
    made.settle()
    set_spec(made, "services", "web", selector={"app": "other"})
    made.settle()
    two = made.get("pods", "two")
    assert two is not None and _ips(made) == [two["status"]["podIP"]]
    assert [each["targetRef"]["name"] for each in _slice_endpoints(made)] == ["two"]
