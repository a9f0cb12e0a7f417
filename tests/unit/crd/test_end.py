"""The end of a definition, under the real pass: its objects go first."""

from __future__ import annotations

from kctl.testing.cluster import Cluster
from tests.unit.crd.conftest import Object, crontab, definition

CRDS = "customresourcedefinitions.apiextensions.k8s.io"


def terminating(cluster: Cluster) -> Object | None:
    found = cluster.get(CRDS, "crontabs.example.com")
    conditions = (found or {}).get("status", {}).get("conditions", [])
    return next((each for each in conditions if each["type"] == "Terminating"), None)


def test_objects_go_first_and_finalizers_hold_the_definition() -> None:
    cluster = Cluster(nodes=0)
    cluster.create(definition())
    held = crontab(name="held")
    held["metadata"]["finalizers"] = ["example.com/mine"]
    cluster.create(held)
    cluster.create(crontab(name="free"))
    cluster.api.delete(CRDS, "crontabs.example.com")
    cluster.advance(1)
    assert [each["metadata"]["name"] for each in cluster.objects("crontabs.example.com")] == [
        "held"
    ]
    condition = terminating(cluster)
    assert condition is not None
    assert (condition["status"], condition["reason"]) == ("True", "InstanceDeletionInProgress")
    change = {"metadata": {"finalizers": None}}
    cluster.api.patch("crontabs.example.com", "held", "default", change, "merge")
    cluster.advance(1)
    assert cluster.get(CRDS, "crontabs.example.com") is None
    assert cluster.kinds.resolve("crontabs") is None
    assert not cluster.backend.list("crontabs.example.com").records


def test_a_definition_without_objects_goes_at_once() -> None:
    cluster = Cluster(nodes=0)
    cluster.create(definition())
    cluster.api.delete(CRDS, "crontabs.example.com")
    cluster.advance(1)
    assert cluster.get(CRDS, "crontabs.example.com") is None


def test_custom_objects_go_with_their_namespace_and_their_owners() -> None:
    cluster = Cluster(nodes=0)
    cluster.create(definition())
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    there = crontab(name="there")
    there["metadata"]["namespace"] = "shop"
    cluster.create(there)
    owner = cluster.create(crontab(name="owner"))
    reference = {"apiVersion": "example.com/v1", "kind": "CronTab", "name": "owner",
                 "uid": owner["metadata"]["uid"]}  # fmt: skip
    meta = {"name": "owned", "namespace": "default", "ownerReferences": [reference]}
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    cluster.api.delete("namespaces", "shop")
    cluster.api.delete("crontabs.example.com", "owner", "default")
    cluster.advance(2)
    assert not cluster.objects("crontabs.example.com")
    assert cluster.get("configmaps", "owned") is None
    assert cluster.get("namespaces", "shop") is None
