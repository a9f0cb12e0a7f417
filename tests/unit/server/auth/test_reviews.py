"""Reviews: the API asked about itself."""

from __future__ import annotations

from typing import Any

import pytest

from kctl.api.authorization.authorizer import Authorizer
from kctl.api.errors import ApiError
from kctl.server.auth.reviews import Reviews
from tests.unit.authorization.roles import JANE, binding, role, rule, user
from tests.unit.server.auth.conftest import START, Gate

Object = dict[str, Any]
PODS = {"verb": "get", "resource": "pods", "namespace": "default"}


@pytest.fixture
def reviews(gate: Gate) -> Reviews:
    """Jane may get pods in default."""
    gate.desk.api.create(role("r", rule("get", "pods"), rule("get", nonResourceURLs=["/x"])))
    gate.desk.api.create(binding("b", "ClusterRole/r", user("jane"), namespace="default"))
    gate.desk.api.create(binding("c", "ClusterRole/r", user("joe")))
    authorizer = Authorizer.over(gate.desk.backend)
    return Reviews(authorizer, gate.authenticator, now=lambda: START)


def ask(reviews: Reviews, resource: str, body: Object, namespace: str = "") -> Object:
    group = (
        "authentication" if resource in ("tokenreviews", "selfsubjectreviews") else "authorization"
    )
    return reviews.table[f"{group}.k8s.io", "v1", resource](body, JANE, namespace)


def refused(reviews: Reviews, resource: str, body: Object, namespace: str = "") -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        ask(reviews, resource, body, namespace)
    return caught.value.code, caught.value.message


def test_what_i_may(reviews: Reviews) -> None:
    asked = {"spec": {"resourceAttributes": PODS}}
    found = ask(reviews, "selfsubjectaccessreviews", asked)
    assert (found["kind"], found["apiVersion"]) == (
        "SelfSubjectAccessReview",
        "authorization.k8s.io/v1",
    )
    assert found["spec"] == asked["spec"]
    assert found["status"] == {
        "allowed": True,
        "reason": 'RBAC: allowed by RoleBinding "b/default" of ClusterRole "r" to User "jane"',
    }
    elsewhere = {"spec": {"resourceAttributes": {**PODS, "namespace": "other"}}}
    assert ask(reviews, "selfsubjectaccessreviews", elsewhere)["status"] == {"allowed": False}


def test_what_somebody_else_may(reviews: Reviews) -> None:
    spec = {"user": "joe", "nonResourceAttributes": {"path": "/x", "verb": "get"}}
    found = ask(reviews, "subjectaccessreviews", {"spec": spec})
    assert found["status"]["allowed"]
    spec = {"groups": ["system:masters"], "resourceAttributes": {"verb": "*", "resource": "*"}}
    assert ask(reviews, "subjectaccessreviews", {"spec": spec})["status"] == {"allowed": True}


def test_a_local_review_stays_in_its_namespace(reviews: Reviews) -> None:
    spec = {"user": "jane", "resourceAttributes": PODS}
    found = ask(reviews, "localsubjectaccessreviews", {"spec": spec}, "default")
    assert found["status"]["allowed"]
    code, said = refused(reviews, "localsubjectaccessreviews", {"spec": spec}, "other")
    assert code == 422
    assert said.endswith(
        'spec.resourceAttributes.namespace: Invalid value: "default": must match metadata.namespace'
    )
    outside = {"user": "jane", "nonResourceAttributes": {"path": "/x", "verb": "get"}}
    _, said = refused(reviews, "localsubjectaccessreviews", {"spec": outside}, "default")
    assert "disallowed on this kind of request" in said
    body = {"metadata": {"namespace": "a"}, "spec": spec}
    assert refused(reviews, "localsubjectaccessreviews", body, "default")[0] == 400


def test_what_is_asked_must_be_one_thing(reviews: Reviews) -> None:
    both = {"resourceAttributes": PODS, "nonResourceAttributes": {"path": "/x"}}
    for spec, said in (
        ({}, "exactly one of nonResourceAttributes or resourceAttributes must be specified"),
        (both, "cannot be specified in combination with resourceAttributes"),
    ):
        code, message = refused(reviews, "selfsubjectaccessreviews", {"spec": spec})
        assert code == 422 and said in message
    code, message = refused(reviews, "subjectaccessreviews", {"spec": {"resourceAttributes": PODS}})
    assert code == 422 and "at least one of user or group must be specified" in message


def test_all_that_i_may(reviews: Reviews) -> None:
    found = ask(reviews, "selfsubjectrulesreviews", {"spec": {"namespace": "default"}})
    assert found["status"] == {
        "resourceRules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/x"]}],
        "incomplete": False,
    }
    assert refused(reviews, "selfsubjectrulesreviews", {}) == (400, "no namespace on request")


def test_who_i_am(reviews: Reviews) -> None:
    found = ask(reviews, "selfsubjectreviews", {})
    assert found["status"] == {
        "userInfo": {"username": "jane", "groups": ["dev", "system:authenticated"]}
    }
    assert found["metadata"] == {"creationTimestamp": "2026-11-23T06:00:00Z"}


def test_whom_a_token_is(reviews: Reviews, gate: Gate) -> None:
    token = gate.token()
    found = ask(reviews, "tokenreviews", {"spec": {"token": token}})["status"]
    assert found["authenticated"]
    assert found["user"]["username"] == "system:serviceaccount:default:robot"
    assert found["audiences"] == list(gate.tokens.audiences)
    assert ask(reviews, "tokenreviews", {"spec": {"token": "static"}})["status"]["authenticated"]


def test_tokens_that_prove_nothing(reviews: Reviews, gate: Gate) -> None:
    token = gate.token()
    asked = {"spec": {"token": token, "audiences": ["vault"]}}
    found = ask(reviews, "tokenreviews", asked)["status"]
    assert "authenticated" not in found and "is invalid for the target audiences" in found["error"]
    static = {"spec": {"token": "static", "audiences": ["vault"]}}
    assert "authenticated" not in ask(reviews, "tokenreviews", static)["status"]
    gate.now += 7200
    found = ask(reviews, "tokenreviews", {"spec": {"token": token}})["status"]
    assert found["error"] == "[invalid bearer token, service account token has expired]"
    assert refused(reviews, "tokenreviews", {"spec": {}}) == (
        400,
        "token is required for TokenReview in authentication",
    )


@pytest.mark.parametrize(
    "body",
    [{"spec": 7}, {"spec": {"resourceAttributes": "x"}}, {"kind": "Pod"}, {"apiVersion": "v2"},
     {"spec": {"resourceAttributes": {"verb": 1}}}, {"metadata": 5}],
)  # fmt: skip
def test_bodies_that_are_no_reviews(reviews: Reviews, body: Object) -> None:
    assert refused(reviews, "selfsubjectaccessreviews", body)[0] == 400
