"""What a pod and a template are given (SetDefaults_*)."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.kinds.shared.pod_defaults import tag
from tests.unit.kinds.objects import KINDS, container, defaulted, deployment, pod


def test_a_pod_is_filled_as_kubernetes_fills_it() -> None:
    made = defaulted(pod())
    assert made["spec"] == {
        "containers": [
            {
                "name": "web",
                "image": "nginx:1.25",
                "imagePullPolicy": "IfNotPresent",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }
    assert made["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.25", "IfNotPresent"),
        ("registry:5000/nginx", "Always"),
        ("registry:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:" + "0" * 64, "IfNotPresent"),
        ("nginx:latest@sha256:" + "0" * 64, "Always"),
    ],
)
def test_the_pull_policy_follows_the_tag(image: str, expected: str) -> None:
    made = defaulted(pod(containers=[container(image=image)]))
    assert made["spec"]["containers"][0]["imagePullPolicy"] == expected


def test_tags() -> None:
    assert [tag("a"), tag("a:b"), tag("h:1/a"), tag("a@sha256:c")] == ["latest", "b", "latest", ""]


def test_probes() -> None:
    probe = {"httpGet": {"port": 80}, "periodSeconds": 5}
    made = defaulted(pod(containers=[container(readinessProbe=probe)]))
    assert made["spec"]["containers"][0]["readinessProbe"] == {
        "failureThreshold": 3,
        "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
        "periodSeconds": 5,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    }


def test_requests_follow_limits_in_pods_alone() -> None:
    limits = {"limits": {"memory": "64Mi"}}
    made = defaulted(pod(containers=[container(resources=limits)]))["spec"]["containers"][0]
    assert made["resources"] == {"limits": {"memory": "64Mi"}, "requests": {"memory": "64Mi"}}
    assert "resizePolicy" not in made
    spec = {"containers": [container(resources={"limits": {"memory": "64Mi"}})]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    of_template = defaulted(deployment(template=template))["spec"]["template"]["spec"]
    assert of_template["containers"][0]["resources"] == {"limits": {"memory": "64Mi"}}
    assert "enableServiceLinks" not in of_template


def test_volumes() -> None:
    volumes: list[dict[str, Any]] = [
        {"name": "a"},
        {"name": "b", "configMap": {"name": "c"}},
        {"name": "c", "hostPath": {"path": "/a"}},
    ]
    assert defaulted(pod(volumes=volumes))["spec"]["volumes"] == [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "configMap": {"name": "c", "defaultMode": 420}},
        {"name": "c", "hostPath": {"path": "/a", "type": ""}},
    ]


def test_ports_of_the_host_network_are_the_hosts() -> None:
    ports = [{"containerPort": 80}]
    made = defaulted(pod(hostNetwork=True, containers=[container(ports=ports)]))
    expected = {"containerPort": 80, "hostPort": 80, "protocol": "TCP"}
    assert made["spec"]["containers"][0]["ports"] == [expected]
    spec = {"hostNetwork": True, "containers": [container(ports=[{"containerPort": 80}])]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    kept = defaulted(deployment(template=template))["spec"]["template"]["spec"]
    assert kept["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]


def test_both_names_of_the_service_account_agree() -> None:
    spec = defaulted(pod(serviceAccount="builder"))["spec"]
    assert spec["serviceAccountName"] == spec["serviceAccount"] == "builder"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "0"}}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        (
            {
                "limits": {"cpu": "1", "memory": "1Gi"},
                "requests": {"cpu": "1000m", "memory": "1024Mi"},
            },
            "Guaranteed",
        ),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
        ({"limits": {"example.com/gpu": "1"}}, "BestEffort"),
    ],
)
def test_the_class_of_service(resources: dict[str, Any], expected: str) -> None:
    made = defaulted(pod(containers=[container(resources=resources)]))
    assert made["status"]["qosClass"] == expected


def test_one_container_without_limits_spoils_the_guarantee() -> None:
    full = {"limits": {"cpu": "1", "memory": "1Gi"}}
    made = defaulted(pod(containers=[container("a", resources=full), container("b")]))
    assert made["status"]["qosClass"] == "Burstable"


def test_a_gated_pod_says_so() -> None:
    made = defaulted(pod(schedulingGates=[{"name": "wait"}]))
    assert made["status"]["conditions"][0]["reason"] == "SchedulingGated"


def test_a_client_cannot_set_the_status() -> None:
    made = {**pod(), "status": {"phase": "Succeeded"}}
    assert defaulted(made)["status"]["phase"] == "Pending"


@pytest.mark.parametrize(
    ("spec", "phase", "expected"),
    [
        ({}, "Pending", 0),
        ({"nodeName": "one"}, "Running", 30),
        ({"nodeName": "one", "terminationGracePeriodSeconds": 5}, "Running", 5),
        ({"nodeName": "one", "terminationGracePeriodSeconds": 0}, "Running", 0),
        ({"nodeName": "one", "terminationGracePeriodSeconds": -1}, "Running", 1),
        ({"nodeName": "one"}, "Succeeded", 0),
        ({"nodeName": "one"}, "Failed", 0),
    ],
)
def test_the_grace_of_a_delete(spec: dict[str, Any], phase: str, expected: int) -> None:
    made = defaulted(pod(**spec))
    made["status"]["phase"] = phase
    grace = KINDS["Pod"].grace
    assert grace is not None
    assert grace(made) == expected
