"""From a request to the question about it."""

from __future__ import annotations

import pytest

from kctl.api.authorization.authorizer import Attributes, Authorizer
from kctl.api.errors import ApiError
from kctl.server.auth.authorize import attributes, authorize
from kctl.server.info import request_info
from tests.unit.authorization.roles import JANE, binding, role, rule, user, world

PODS = "/api/v1/namespaces/default/pods"


@pytest.mark.parametrize(
    ("method", "path", "query", "asked"),
    [
        ("GET", PODS, {}, ("list", "", "pods", "", "default", "")),
        ("GET", PODS, {"watch": "1"}, ("watch", "", "pods", "", "default", "")),
        ("GET", f"{PODS}/a/log", {}, ("get", "", "pods", "log", "default", "a")),
        ("DELETE", PODS, {}, ("deletecollection", "", "pods", "", "default", "")),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/x/deployments/web/scale",
            {},
            ("patch", "apps", "deployments", "scale", "x", "web"),
        ),
    ],
)
def test_what_a_request_asks_for(
    method: str, path: str, query: dict[str, str], asked: tuple[str, ...]
) -> None:
    assert attributes(JANE, request_info(method, path, query)) == Attributes(JANE, *asked)


def test_other_paths_are_asked_for_by_their_method() -> None:
    found = attributes(JANE, request_info("GET", "/metrics", {}))
    assert found == Attributes(JANE, "get", path="/metrics")


def _holding(verbs: str) -> Authorizer:
    return world(
        role("r", rule(verbs, "pods/exec pods/log")), binding("b", "ClusterRole/r", user("jane"))
    )[1]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_running_a_command_takes_more_than_reading(method: str) -> None:
    info = request_info(method, f"{PODS}/a/exec", {})
    with pytest.raises(ApiError) as caught:
        authorize(_holding("get"), JANE, info)
    assert caught.value.message == (
        'pods "a" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" '
        'in the namespace "default"'
    )
    authorize(_holding("get create"), JANE, info)
    authorize(_holding("get"), JANE, request_info("GET", f"{PODS}/a/log", {}))
