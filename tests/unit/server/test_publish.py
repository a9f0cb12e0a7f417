"""How pods are led to the API: what a server publishes, and what pods get to speak to it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kctl.reconcile.plane import Plane
from kctl.server.publish import Place, place_of, publish

Object = dict[str, Any]
PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
HERE = Place("198.51.100.7", 6443)


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with Plane.open(tmp_path) as made:
        yield made


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    path = tmp_path / "ca.crt"
    path.write_text("a certificate")
    return path


def addresses(plane: Plane) -> list[str]:
    """As endpoints and slice say it, which must be the same."""
    endpoints = plane.own.get("endpoints", "kubernetes", "default")
    (subset,) = endpoints["subsets"]
    found = [each["ip"] for each in subset["addresses"]]
    slice_ = plane.own.get("endpointslices.discovery.k8s.io", "kubernetes", "default")
    assert [each["addresses"] for each in slice_["endpoints"]] == [[each] for each in found]
    return found


def pod(plane: Plane, name: str = "web", account: str = "default", **spec: Any) -> Object:
    containers = spec.pop("containers", [{"name": "c", "image": "web:1"}])
    return plane.api.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"serviceAccountName": account, "containers": containers, **spec},
        }
    )


def mounts(found: Object) -> list[list[str]]:
    """The paths of each container."""
    spec = found["spec"]
    both = [*spec.get("initContainers", ()), *spec["containers"]]
    return [[each["mountPath"] for each in one.get("volumeMounts", ())] for one in both]


# --- where ---


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.0.1", "::1", "::", "2001:db8::1"])
def test_no_pod_reaches_it(host: str) -> None:
    assert place_of((host, 6443)) is None


def test_an_address_is_reached_as_it_is() -> None:
    assert place_of(("198.51.100.7", 7443)) == Place("198.51.100.7", 7443)
    assert place_of(("127.0.0.1", 6443), "198.51.100.7") == HERE
    assert place_of(("::", 6443), "198.51.100.7") == HERE


def test_every_address_means_the_one_towards_the_world() -> None:
    found = place_of(("0.0.0.0", 6443))
    if found is not None:  # this machine knows a way out
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((found.address, 0))
        assert not found.address.startswith("127.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("here", '"here" is not an IPv4 address'),
        ("2001:db8::1", '"2001:db8::1" is not an IPv4 address'),
        ("127.0.0.1", '"127.0.0.1" is not an address that pods reach'),
        ("0.0.0.0", '"0.0.0.0" is not an address that pods reach'),
        ("224.0.0.1", '"224.0.0.1" is not an address that pods reach'),
        ("169.254.1.1", '"169.254.1.1" is not an address that pods reach'),
    ],
)
def test_an_address_that_cannot_be_meant(given: str, said: str) -> None:
    with pytest.raises(ValueError) as error:
        place_of(("0.0.0.0", 6443), given)
    assert str(error.value) == said


# --- what is published ---


def test_the_service_of_the_api(plane: Plane, authority: Path) -> None:
    address = publish(plane, HERE, authority)
    service = plane.own.get("services", "kubernetes", "default")
    assert service["spec"]["clusterIP"] == address
    assert address.endswith(".1")
    assert service["spec"]["ports"] == [
        {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}
    ]
    assert addresses(plane) == ["198.51.100.7"]
    source = plane.own.get("configmaps", "kube-root-ca.crt", "kube-system")
    assert source["data"] == {"ca.crt": "a certificate"}


def test_the_second_time_nothing_is_written(plane: Plane, authority: Path) -> None:
    publish(plane, HERE, authority)
    before = plane.store.revision()
    publish(plane, HERE, authority)
    assert plane.store.revision() == before


def test_what_people_changed_is_put_right(plane: Plane, authority: Path) -> None:
    publish(plane, HERE, authority)
    service = plane.own.get("services", "kubernetes", "default")
    ports = [{"name": "http", "port": 80}]
    plane.api.update({**service, "spec": {**service["spec"], "ports": ports}})
    plane.api.delete("endpoints", "kubernetes", "default")
    publish(plane, HERE, authority)
    (port,) = plane.own.get("services", "kubernetes", "default")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (443, 6443)
    assert addresses(plane) == ["198.51.100.7"]


@pytest.mark.parametrize(
    "spec",
    [
        {"clusterIP": "None", "ports": [{"port": 443}]},
        {"type": "ExternalName", "externalName": "api.example.org"},
    ],
)
def test_a_service_of_that_name_without_an_address(
    plane: Plane, authority: Path, spec: Object
) -> None:
    meta = {"name": "kubernetes", "namespace": "default"}
    plane.api.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    assert publish(plane, HERE, authority) == ""


def test_the_server_that_was_started_last_counts(plane: Plane, authority: Path) -> None:
    publish(plane, HERE, authority)
    publish(plane, Place("198.51.100.8", 7443), authority)
    assert addresses(plane) == ["198.51.100.8"]
    slice_ = plane.own.get("endpointslices.discovery.k8s.io", "kubernetes", "default")
    (port,) = plane.own.get("services", "kubernetes", "default")["spec"]["ports"]
    assert slice_["ports"][0]["port"] == port["targetPort"] == 7443


# --- what pods get ---


def test_without_an_api_that_pods_reach_nothing_is_mounted(plane: Plane, authority: Path) -> None:
    assert mounts(pod(plane)) == [[]]
    publish(plane, HERE, authority)
    for resource in ("services", "endpoints", "endpointslices.discovery.k8s.io"):
        plane.api.delete(resource, "kubernetes", "default")
    assert mounts(pod(plane, "second")) == [[]]


def test_every_container_gets_what_it_needs(plane: Plane, authority: Path) -> None:
    publish(plane, HERE, authority)
    first = [{"name": "first", "image": "web:1"}]
    spec = pod(plane, initContainers=first)["spec"]
    assert mounts({"spec": spec}) == [[PATH], [PATH]]
    (volume,) = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-") and len(volume["name"]) == 21
    (mount,) = spec["containers"][0]["volumeMounts"]
    assert mount == {"name": volume["name"], "readOnly": True, "mountPath": PATH}
    own = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    assert volume["projected"] == {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {
                "configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }
            },
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": own}]}},
        ],
    }


@pytest.mark.parametrize(
    ("of_pod", "of_account", "mounted"),
    [
        (None, None, True),
        (None, False, False),
        (None, True, True),
        (False, True, False),
        (True, False, True),
    ],
)
def test_the_pod_says_so_before_its_account(
    plane: Plane,
    authority: Path,
    of_pod: bool | None,
    of_account: bool | None,
    mounted: bool,
) -> None:
    publish(plane, HERE, authority)
    account: Object = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "robot", "namespace": "default"},
    }
    if of_account is not None:
        account["automountServiceAccountToken"] = of_account
    plane.api.create(account)
    said = {} if of_pod is None else {"automountServiceAccountToken": of_pod}
    assert mounts(pod(plane, account="robot", **said)) == [[PATH] if mounted else []]


def test_a_container_keeps_what_it_mounts_there_itself(plane: Plane, authority: Path) -> None:
    publish(plane, HERE, authority)
    own = {"name": "c", "image": "web:1", "volumeMounts": [{"name": "v", "mountPath": PATH}]}
    found = pod(plane, containers=[own], volumes=[{"name": "v", "emptyDir": {}}])
    assert mounts(found) == [[PATH]]
    assert [each["name"] for each in found["spec"]["volumes"]] == ["v"]


def test_a_volume_of_that_name_is_used(plane: Plane, authority: Path) -> None:
    publish(plane, HERE, authority)
    volume = {"name": "kube-api-access-mine", "emptyDir": {}}
    spec = pod(plane, volumes=[volume])["spec"]
    assert [each["name"] for each in spec["volumes"]] == ["kube-api-access-mine"]
    assert spec["containers"][0]["volumeMounts"][0]["name"] == "kube-api-access-mine"
