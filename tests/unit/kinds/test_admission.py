"""The admission steps, through the API over a store of its own."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kctl.api.admission.plugin import kctl_admission
from kctl.api.api import Api
from kctl.api.errors import ApiError
from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.registry import Kinds
from kctl.api.settings import DEFAULTS
from kctl.store.store import Store
from tests.unit.kinds.objects import Object, container

SETTINGS = {
    **DEFAULTS,
    "service-cidr": "10.98.0.0/20",
    "dns-address": "10.98.0.10",
    "node-port-range": "30000-32767",
}


class Plane:
    """An API with every built-in step and the default namespace."""

    def __init__(self, store: Store, **settings: str) -> None:
        self.warnings: list[str] = []
        uids = itertools.count(1)
        self.api = Api(
            store,
            Kinds(kctl_kinds()),
            now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            new_uid=lambda: f"uid-{next(uids)}",
            suffix=lambda: "bcdfg",
            admission=sorted(kctl_admission(), key=lambda step: step.name),
            settings={**SETTINGS, **settings},
            warn=self.warnings.append,
        )
        self.make("v1", "Namespace", "default")

    def make(self, version: str, kind: str, name: str, **body: Any) -> Object:
        obj = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **body}
        return self.api.create(obj)

    def pod(self, name: str = "web", **spec: Any) -> Object:
        return self.make("v1", "Pod", name, spec={"containers": [container()], **spec})

    def service(self, name: str = "web", **spec: Any) -> Object:
        body = {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec}
        return self.make("v1", "Service", name, spec=body)

    def change(self, obj: Object, **spec: Any) -> Object:
        new = copy.deepcopy(obj)
        new["spec"] |= spec
        return self.api.update(new)


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    with Store.open(tmp_path / "db") as store:
        yield Plane(store)


def _refused(error: pytest.ExceptionInfo[ApiError]) -> tuple[int, str]:
    return error.value.code, error.value.message


# --- namespaces ---


def test_content_needs_its_namespace(plane: Plane) -> None:
    with pytest.raises(ApiError) as error:
        plane.api.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, namespace="shop"
        )
    assert _refused(error) == (404, 'namespaces "shop" not found')


def test_a_namespace_that_ends_takes_nothing_more(plane: Plane) -> None:
    plane.make("v1", "Namespace", "shop")
    plane.api.delete("namespaces", "shop")
    with pytest.raises(ApiError) as error:
        plane.api.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, namespace="shop"
        )
    assert _refused(error) == (
        403,
        'configmaps "a" is forbidden: unable to create new content in namespace shop because it '
        "is being terminated",
    )
    assert error.value.details["causes"] == [
        {
            "reason": "NamespaceTerminating",
            "message": "namespace shop is being terminated",
            "field": "metadata.namespace",
        }
    ]


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public", "kube-node-lease"])
def test_the_first_namespaces_stay(plane: Plane, name: str) -> None:
    if name != "default":
        plane.make("v1", "Namespace", name)
    with pytest.raises(ApiError) as error:
        plane.api.delete("namespaces", name)
    assert _refused(error) == (
        403,
        f'namespaces "{name}" is forbidden: this namespace may not be deleted',
    )


# --- pods ---


def test_a_pod_is_completed(plane: Plane) -> None:
    spec = plane.pod()["spec"]
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "default"
    assert (spec["priority"], spec["preemptionPolicy"]) == (0, "PreemptLowerPriority")
    assert spec["tolerations"] == [
        {
            "key": f"node.kubernetes.io/{reason}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 30,
        }
        for reason in ("not-ready", "unreachable")
    ]
    assert plane.warnings == []


def test_own_tolerations_stand(plane: Plane) -> None:
    own = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}
    assert [each["key"] for each in plane.pod(tolerations=[own])["spec"]["tolerations"]] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]
    everything = [{"operator": "Exists"}]
    assert plane.pod("b", tolerations=everything)["spec"]["tolerations"] == everything


def test_a_service_account_must_exist_and_brings_its_secrets(plane: Plane) -> None:
    with pytest.raises(ApiError) as error:
        plane.pod(serviceAccountName="builder")
    assert _refused(error) == (
        403,
        'pods "web" is forbidden: error looking up service account default/builder: '
        'serviceaccount "builder" not found',
    )
    plane.make("v1", "ServiceAccount", "builder", imagePullSecrets=[{"name": "registry"}])
    made = plane.pod(serviceAccountName="builder")
    assert made["spec"]["imagePullSecrets"] == [{"name": "registry"}]


def test_priorities(plane: Plane) -> None:
    made = plane.pod(priorityClassName="system-node-critical")
    assert made["spec"]["priority"] == 2_000_001_000
    with pytest.raises(ApiError) as error:
        plane.pod("b", priorityClassName="mine")
    assert _refused(error) == (
        403,
        'pods "b" is forbidden: no PriorityClass with name mine was found',
    )
    with pytest.raises(ApiError) as error:
        plane.pod("b", priority=7)
    assert _refused(error) == (
        403,
        'pods "b" is forbidden: the integer value of priority (7) must not be provided in pod '
        "spec; priority admission controller computed 0 from the given PriorityClass name",
    )


# --- addresses ---


def test_a_service_gets_an_address_of_the_upper_range(plane: Plane) -> None:
    spec = plane.service()["spec"]
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    parts = [int(part) for part in spec["clusterIP"].split(".")]
    assert parts[:2] == [10, 98]
    assert 1 <= parts[2] <= 15
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "SingleStack")


def test_a_service_may_begin_with_a_digit(plane: Plane) -> None:
    assert plane.service("1web")["metadata"]["name"] == "1web"
    with pytest.raises(ApiError) as error:
        plane.service("web.example")
    assert error.value.message == (
        'Service "web.example" is invalid: metadata.name: Invalid value: "web.example": must not '
        "contain dots"
    )


def test_the_same_service_gets_the_same_address_again(plane: Plane) -> None:
    first = plane.service()["spec"]["clusterIP"]
    plane.api.delete("services", "web", "default")
    assert plane.service()["spec"]["clusterIP"] == first


def test_a_chosen_address(plane: Plane) -> None:
    assert plane.service(clusterIP="10.98.0.20")["spec"]["clusterIPs"] == ["10.98.0.20"]
    with pytest.raises(ApiError) as error:
        plane.service("b", clusterIP="10.98.0.20")
    assert _refused(error) == (
        422,
        'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.98.0.20"]: failed to '
        "allocate IP 10.98.0.20: provided IP is already allocated",
    )
    with pytest.raises(ApiError) as error:
        plane.service("b", clusterIP="10.99.0.1")
    assert _refused(error) == (
        422,
        'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.99.0.1"]: failed to '
        "allocate IP 10.99.0.1: the provided IP (10.99.0.1) is not in the valid range. The range "
        "of valid IPs is 10.98.0.0/20",
    )


@pytest.mark.parametrize("address", ["10.98.0.1", "10.98.0.10"])
def test_reserved_addresses(plane: Plane, address: str) -> None:
    with pytest.raises(ApiError) as error:
        plane.service(clusterIP=address)
    assert error.value.message.endswith("provided IP is already allocated")


def test_the_services_that_addresses_are_reserved_for(plane: Plane) -> None:
    plane.make("v1", "Namespace", "kube-system")
    assert plane.service("kubernetes", clusterIP="10.98.0.1")
    dns = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system"},
        "spec": {"ports": [{"port": 53}], "clusterIP": "10.98.0.10"},
    }
    assert plane.api.create(dns)["spec"]["clusterIP"] == "10.98.0.10"


def test_a_malformed_address_is_validations_matter(plane: Plane) -> None:
    with pytest.raises(ApiError) as error:
        plane.service(clusterIP="10.98.0")
    assert error.value.message == (
        'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: "10.98.0": must be a valid '
        "IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    )


def test_headless_services_have_none(plane: Plane) -> None:
    spec = plane.service(clusterIP="None")["spec"]
    assert spec["clusterIPs"] == ["None"]
    assert spec["ipFamilies"] == ["IPv4"]


def test_an_address_is_free_again_after_its_service(plane: Plane) -> None:
    made = plane.service(clusterIP="10.98.0.20")
    alias = plane.change(made, type="ExternalName", externalName="a.example")
    assert "clusterIP" not in alias["spec"]
    assert plane.service("b", clusterIP="10.98.0.20")
    back = plane.change(alias, type="ClusterIP", externalName=None)
    assert back["spec"]["clusterIP"] not in ("", "10.98.0.20")


def test_a_range_runs_full(tmp_path: Path) -> None:
    ranges = {"service-cidr": "10.98.0.0/29", "dns-address": "10.98.0.2"}
    with Store.open(tmp_path / "db") as store:
        plane = Plane(store, **ranges)
        found = {plane.service(f"s{n}")["spec"]["clusterIP"] for n in range(4)}
        assert found == {f"10.98.0.{n}" for n in (3, 4, 5, 6)}
        with pytest.raises(ApiError) as error:
            plane.service("more")
    assert _refused(error) == (
        500,
        "Internal error occurred: failed to allocate a serviceIP: range is full",
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"ipFamilyPolicy": "RequireDualStack"},
            'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not '
            "configured for dual-stack services",
        ),
        (
            {"ipFamilies": ["IPv6"]},
            'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
        ),
        (
            {"clusterIP": "fd00::1"},
            'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
        ),
    ],
)
def test_there_is_no_ipv6(plane: Plane, spec: Object, expected: str) -> None:
    with pytest.raises(ApiError) as error:
        plane.service(**spec)
    assert _refused(error) == (422, f'Service "web" is invalid: {expected}')


def test_a_preference_for_both_families_is_met_with_one(plane: Plane) -> None:
    spec = plane.service(ipFamilyPolicy="PreferDualStack")["spec"]
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "PreferDualStack")


# --- node ports ---


def test_node_ports(plane: Plane) -> None:
    ports = [
        {"name": "dns", "port": 53},
        {"name": "dns-udp", "port": 53, "protocol": "UDP"},
        {"name": "web", "port": 80, "nodePort": 30080},
    ]
    made = plane.service(type="NodePort", ports=ports)["spec"]["ports"]
    assert made[0]["nodePort"] == made[1]["nodePort"]
    assert 30086 <= made[0]["nodePort"] <= 32767
    assert made[2]["nodePort"] == 30080


def test_a_chosen_node_port(plane: Plane) -> None:
    plane.service(type="NodePort", ports=[{"port": 80, "nodePort": 30080}])
    with pytest.raises(ApiError) as error:
        plane.service("b", type="NodePort", ports=[{"port": 80, "nodePort": 30080}])
    assert _refused(error) == (
        422,
        'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is '
        "already allocated",
    )
    with pytest.raises(ApiError) as error:
        plane.service("b", type="NodePort", ports=[{"port": 80, "nodePort": 80}])
    assert _refused(error) == (
        422,
        'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not '
        "in the valid range. The range of valid ports is 30000-32767",
    )


def test_a_node_port_is_free_again_with_another_type(plane: Plane) -> None:
    made = plane.service(type="NodePort", ports=[{"port": 80, "nodePort": 30080}])
    narrowed = plane.change(made, type="ClusterIP")
    assert "nodePort" not in narrowed["spec"]["ports"][0]
    assert narrowed["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    assert plane.service("b", type="NodePort", ports=[{"port": 80, "nodePort": 30080}])


def test_a_service_becomes_a_node_port(plane: Plane) -> None:
    made = plane.service()
    widened = plane.change(made, type="NodePort")
    assert widened["spec"]["ports"][0]["nodePort"] >= 30086
    assert widened["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    again = plane.api.update(copy.deepcopy(widened))
    assert again["metadata"]["resourceVersion"] == widened["metadata"]["resourceVersion"]


def test_a_manifest_without_addresses_changes_nothing(plane: Plane) -> None:
    made = plane.service(type="NodePort")
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    again = plane.api.update(manifest)
    assert again["spec"] == made["spec"]
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_a_local_load_balancer_has_a_port_for_health(plane: Plane) -> None:
    made = plane.service(type="LoadBalancer", externalTrafficPolicy="Local")
    assert made["spec"]["healthCheckNodePort"] >= 30086
    plain = plane.service("b", type="LoadBalancer", allocateLoadBalancerNodePorts=False)
    assert "nodePort" not in plain["spec"]["ports"][0]


# --- warnings ---


def test_what_is_not_honoured_is_said(plane: Plane) -> None:
    gpus = {"limits": {"example.com/gpu": "1", "cpu": "1"}}
    plane.pod(
        volumes=[{"name": "v", "nfs": {"server": "s", "path": "/p"}}],
        runtimeClassName="gvisor",
        containers=[container(resources=gpus)],
    )
    assert plane.warnings == [
        "spec.runtimeClassName: containers run in the engine's default runtime",
        "spec.volumes[0].nfs: volumes of this type cannot be mounted: the pod will not start",
        "spec.containers[0].resources.limits[example.com/gpu]: counted when the pod is placed, "
        "but neither handed out nor enforced",
    ]


def test_what_a_projected_volume_cannot_have_is_said(plane: Plane) -> None:
    sources = [
        {"serviceAccountToken": {"path": "a"}},
        {"serviceAccountToken": {"path": "b", "expirationSeconds": 700}},
    ]
    plane.pod(volumes=[{"name": "v", "projected": {"sources": sources}}])
    assert plane.warnings == [
        "spec.volumes[0].projected.sources[1].serviceAccountToken.expirationSeconds: the token is "
        "written when a container starts and lives as long as its pod, a year at most"
    ]


def test_a_template_is_spoken_of_once(plane: Plane) -> None:
    labels = {"app": "web"}
    probe = {"grpc": {"port": 80}}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container()]}}
    template["spec"]["containers"][0]["livenessProbe"] = probe  # type: ignore[index]
    spec = {"selector": {"matchLabels": labels}, "template": template}
    made = plane.make("apps/v1", "Deployment", "web", spec=spec)
    path = "spec.template.spec.containers[0].livenessProbe.grpc"
    told = [f"{path}: gRPC probes always fail: use httpGet, tcpSocket or exec"]
    assert plane.warnings == told
    plane.api.update({**made, "metadata": {**made["metadata"], "labels": {"a": "b"}}})
    assert plane.warnings == told
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    owned = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web-1",
            "ownerReferences": [{**owner, "uid": made["metadata"]["uid"]}],
        },
        "spec": template["spec"],
    }
    plane.api.create(owned)
    assert plane.warnings == told


def test_a_load_balancer_of_tcp_says_so(plane: Plane) -> None:
    plane.service(ports=[{"port": 53, "protocol": "UDP"}])
    assert plane.warnings == [
        "spec.ports[0].protocol: the load balancer haproxy carries TCP alone: nothing answers on "
        "this UDP port but the pods themselves (use a headless service)"
    ]
    plane.warnings.clear()
    plane.service("b", clusterIP="None", ports=[{"port": 53, "protocol": "UDP"}])
    assert plane.warnings == []
