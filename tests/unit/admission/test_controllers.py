"""Policies count for what kctl's own controllers write."""

from __future__ import annotations

from kctl.testing.cluster import Cluster
from tests.unit.admission.conftest import Object

GROUP = "admissionregistration.k8s.io/v1"
PODS = {
    "operations": ["CREATE"],
    "apiGroups": [""],
    "apiVersions": ["v1"],
    "resources": ["pods"],
}


def deployment(labels: Object) -> Object:
    template = {
        "metadata": {"labels": {"app": "web", **labels}},
        "spec": {"containers": [{"name": "web", "image": "nginx"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    }


def cluster_with_policy() -> Cluster:
    cluster = Cluster(nodes=1)
    rule = {"expression": "has(object.metadata.labels.team)", "message": "a pod needs a team"}
    cluster.create(
        {
            "apiVersion": GROUP,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "team"},
            "spec": {"matchConstraints": {"resourceRules": [PODS]}, "validations": [rule]},
        }
    )
    cluster.create(
        {
            "apiVersion": GROUP,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": "team"},
            "spec": {"policyName": "team", "validationActions": ["Deny"]},
        }
    )
    return cluster


def test_a_pod_that_a_policy_refuses_is_told_of_its_owner() -> None:
    cluster = cluster_with_policy()
    cluster.create(deployment({}))
    cluster.advance(5)
    assert not cluster.objects("pods")
    (replicaset,) = cluster.objects("replicasets.apps")
    (condition,) = [
        each for each in replicaset["status"]["conditions"] if each["type"] == "ReplicaFailure"
    ]
    assert "denied request: a pod needs a team" in condition["message"]
    told = [each for each in cluster.objects("events") if each["reason"] == "FailedCreate"]
    assert told and "a pod needs a team" in told[0]["message"]


def test_pods_that_a_policy_allows_run() -> None:
    cluster = cluster_with_policy()
    cluster.create(deployment({"team": "a"}))
    cluster.advance(10)
    assert len(cluster.running()) == 2
