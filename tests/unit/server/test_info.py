"""What a request asks for, read from its method, path and query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.server.info import request_info


@pytest.mark.parametrize(
    ("method", "path", "query", "wanted"),
    [
        ("GET", "/api/v1/pods", {}, ("list", "", "v1", "", "pods", "", "")),
        ("GET", "/api/v1/pods", {"watch": "true"}, ("watch", "", "v1", "", "pods", "", "")),
        ("GET", "/api/v1/pods", {"watch": "0"}, ("list", "", "v1", "", "pods", "", "")),
        ("GET", "/api/v1/namespaces/a/pods/p", {}, ("get", "", "v1", "a", "pods", "", "p")),
        ("HEAD", "/api/v1/namespaces/a/pods/p", {}, ("get", "", "v1", "a", "pods", "", "p")),
        ("GET", "/api/v1/namespaces/a/pods/p/log", {}, ("get", "", "v1", "a", "pods", "log", "p")),
        ("GET", "/api/v1/namespaces", {}, ("list", "", "v1", "", "namespaces", "", "")),
        ("GET", "/api/v1/namespaces/a", {}, ("get", "", "v1", "a", "namespaces", "", "a")),
        (
            "PUT",
            "/api/v1/namespaces/a/finalize",
            {},
            ("update", "", "v1", "a", "namespaces", "finalize", "a"),
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/a/deployments",
            {},
            ("deletecollection", "apps", "v1", "a", "deployments", "", ""),
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/a/deployments/d/scale",
            {},
            ("patch", "apps", "v1", "a", "deployments", "scale", "d"),
        ),
        (
            "GET",
            "/api/v1/pods",
            {"fieldSelector": "metadata.name=p", "watch": "1"},
            ("watch", "", "v1", "", "pods", "", "p"),
        ),
    ],
)
def test_resources(method: str, path: str, query: dict[str, str], wanted: tuple[str, ...]) -> None:
    found = request_info(method, path, query)
    assert found.resource_request
    named = (found.verb, found.group, found.version, found.namespace)
    assert (*named, found.resource, found.subresource, found.name) == wanted


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1", "/apis/apps/v1", "/healthz", "/version"])
def test_other_paths(path: str) -> None:
    found = request_info("GET", path, {})
    assert (found.resource_request, found.verb, found.path) == (False, "get", path)


def test_what_follows_a_proxy() -> None:
    found = request_info("POST", "/api/v1/namespaces/a/services/web:80/proxy/x/y", {})
    assert (found.verb, found.name, found.subresource) == ("create", "web:80", "proxy")
    assert found.rest == "x/y"


@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    st.text(max_size=60),
    st.dictionaries(st.sampled_from(["watch", "fieldSelector"]), st.text(max_size=20)),
)
def test_no_path_is_too_odd(method: str, path: str, query: dict[str, str]) -> None:
    found = request_info(method, "/" + path, query)
    assert found.path == "/" + path
