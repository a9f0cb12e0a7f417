"""The words of a refusal, byte for byte those of the API server."""

from __future__ import annotations

import pytest

from kctl.api.authorization.authorizer import Attributes
from kctl.api.authorization.messages import refusal
from kctl.api.user import User

X = User("x")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            Attributes(X, "list", "", "pods", "", "default"),
            'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the '
            'namespace "default"',
        ),
        (
            Attributes(X, "delete", "", "nodes", name="one"),
            'nodes "one" is forbidden: User "x" cannot delete resource "nodes" in API group "" at '
            "the cluster scope",
        ),
        (
            Attributes(X, "update", "apps", "deployments", "scale", "default", "web"),
            'deployments.apps "web" is forbidden: User "x" cannot update resource '
            '"deployments/scale" in API group "apps" in the namespace "default"',
        ),
        (
            Attributes(X, "get", path="/metrics"),
            'forbidden: User "x" cannot get path "/metrics"',
        ),
    ],
)
def test_a_refusal_reads_as_the_api_servers(asked: Attributes, message: str) -> None:
    error = refusal(asked)
    assert (error.code, error.reason, error.message) == (403, "Forbidden", message)


def test_a_reason_stands_behind_it() -> None:
    error = refusal(Attributes(X, "get", path="/x"), "RBAC: role gone")
    assert error.message == 'forbidden: User "x" cannot get path "/x": RBAC: role gone'


def test_the_details_name_what_was_asked_for() -> None:
    error = refusal(Attributes(X, "get", "apps", "deployments", "", "default", "web"))
    assert error.status["details"] == {"name": "web", "group": "apps", "kind": "deployments"}
