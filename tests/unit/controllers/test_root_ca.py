"""Every namespace has the certificate of the API's authority."""

from __future__ import annotations

from typing import Any

from kctl.controllers.namespace_root_ca import root_ca
from kctl.testing.cluster import Cluster

NAME = "kube-root-ca.crt"
Object = dict[str, Any]


def there(cluster: Cluster) -> dict[str, str]:
    """Namespace to certificate."""
    found = [each for each in cluster.objects("configmaps") if each["metadata"]["name"] == NAME]
    return {each["metadata"]["namespace"]: each["data"]["ca.crt"] for each in found}


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def test_without_a_server_there_is_none() -> None:
    cluster = Cluster(nodes=1)
    cluster.create(namespace("shop"))
    cluster.advance(5)
    assert there(cluster) == {}


def test_every_namespace_has_it_and_keeps_it() -> None:
    cluster = Cluster(nodes=1)
    cluster.create(namespace("early"))
    cluster.advance(2)
    cluster.create(root_ca("kube-system", {"ca.crt": "first"}))
    cluster.create(namespace("late"))
    cluster.advance(2)
    assert {"default", "early", "late", "kube-system", "kube-public"} <= there(cluster).keys()
    assert set(there(cluster).values()) == {"first"}

    cluster.api.delete("configmaps", NAME, "early")
    changed = cluster.api.get("configmaps", NAME, "late")
    cluster.api.update({**changed, "data": {"ca.crt": "forged", "more": "text"}})
    cluster.advance(2)
    assert set(there(cluster).values()) == {"first"}
    assert cluster.api.get("configmaps", NAME, "late")["data"] == {"ca.crt": "first"}

    source = cluster.api.get("configmaps", NAME, "kube-system")
    cluster.api.update({**source, "data": {"ca.crt": "second"}})
    cluster.advance(2)
    assert set(there(cluster).values()) == {"second"}


def test_a_namespace_that_ends_takes_it_along() -> None:
    cluster = Cluster(nodes=1)
    cluster.create(root_ca("kube-system", {"ca.crt": "first"}))
    cluster.create(namespace("shop"))
    cluster.advance(2)
    assert "shop" in there(cluster)
    cluster.api.delete("namespaces", "shop")
    cluster.advance(5)
    assert "shop" not in there(cluster)
    assert not [
        each for each in cluster.objects("namespaces") if each["metadata"]["name"] == "shop"
    ]
