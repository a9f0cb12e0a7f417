"""Namespaces: those that always exist, and how the others end."""

from __future__ import annotations

from tests.unit.controllers.objects import Object, condition, deployment, service, world

NAMESPACE: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}


def test_the_default_namespaces_come_with_the_first_node() -> None:
    made = world(nodes=1)
    names = [each["metadata"]["name"] for each in made.list("namespaces")]
    assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
    accounts = [each["metadata"]["namespace"] for each in made.list("serviceaccounts")]
    assert accounts == names


def test_the_default_account_comes_back() -> None:
    made = world(nodes=1)
    made.delete("serviceaccounts", "default", "kube-public")
    made.settle()
    assert made.get("serviceaccounts", "default", "kube-public") is not None


def test_a_deleted_namespace_takes_everything_with_it() -> None:
    made = world(nodes=1)
    made.create(NAMESPACE)
    made.create(deployment(), namespace="team")
    made.create(service(), namespace="team")
    made.settle()
    assert len(made.list("pods", "team")) == 3
    made.delete("namespaces", "team")
    made.settle()
    assert made.get("namespaces", "team") is None
    for kind in made.kinds:
        if kind.namespaced:
            assert made.list(kind.resource, "team") == [], kind.resource


def test_a_namespace_waits_for_what_cannot_go_and_says_so() -> None:
    made = world(nodes=1)
    made.create(NAMESPACE)
    made.create(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "held", "finalizers": ["example.com/hold"]},
        },
        namespace="team",
    )
    made.settle()
    made.delete("namespaces", "team")
    made.settle()
    ending = made.get("namespaces", "team")
    assert ending is not None and ending["status"]["phase"] == "Terminating"
    assert condition(ending, "NamespaceContentRemaining") == (
        "True",
        "SomeResourcesRemain",
        "Some resources are remaining: configmaps. has 1 resource instances",
    )
    assert condition(ending, "NamespaceFinalizersRemaining") == (
        "True",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: "
        "example.com/hold in 1 resource instances",
    )
    made.change("configmaps", "held", lambda obj: obj["metadata"].pop("finalizers"), "team")
    made.settle()
    assert made.get("namespaces", "team") is None
