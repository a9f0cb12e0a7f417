"""Admission webhooks: whom they are asked about, what they are told, what answers mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.admission.conftest import (
    RULE,
    UNREACHABLE,
    Asked,
    Object,
    allow,
    configmap,
    patching,
    url,
    webhook,
)


def add(path: str, value: Any) -> Object:
    return {"op": "add", "path": path, "value": value}


def test_a_validating_webhook_sees_the_request(world: Asked) -> None:
    world.install("Validating", webhook())
    world.replies[url("a")] = allow
    world.api.create(configmap())
    (_, request) = world.reviews[0]
    assert request["kind"] == {"group": "", "version": "v1", "kind": "ConfigMap"}
    assert request["resource"] == {"group": "", "version": "v1", "resource": "configmaps"}
    assert (request["name"], request["namespace"]) == ("c", "default")
    assert (request["operation"], request["dryRun"]) == ("CREATE", False)
    assert request["userInfo"]["username"] == "kctl"
    assert request["object"]["metadata"]["uid"] and request["oldObject"] is None
    assert request["options"] == {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"}
    changed = configmap(k="w")
    world.api.update(changed)
    (_, request) = world.reviews[1]
    assert (request["oldObject"]["data"], request["object"]["data"]) == ({"k": "v"}, {"k": "w"})
    world.api.delete("configmaps", "c", "default")
    (_, request) = world.reviews[2]
    assert (request["operation"], request["object"]) == ("DELETE", None)
    assert request["oldObject"]["data"] == {"k": "w"}
    assert world.targets[0].url == url("a") + "?timeout=10s"


@pytest.mark.parametrize(
    ("status", "code", "reason", "text"),
    [
        ({}, 400, "", 'admission webhook "a.example.com" denied the request without explanation'),
        (
            {"message": "no cats", "code": 403, "reason": "Forbidden"},
            403,
            "Forbidden",
            'admission webhook "a.example.com" denied the request: no cats',
        ),
        (
            {"reason": "Invalid", "code": 200},
            400,
            "Invalid",
            'admission webhook "a.example.com" denied the request: Invalid',
        ),
    ],
)
def test_a_refusal_is_the_webhooks_own(
    world: Asked, status: Object, code: int, reason: str, text: str
) -> None:
    world.install("Validating", webhook())
    world.replies[url("a")] = lambda request: {"allowed": False, "status": status}
    error = world.refused(lambda: world.api.create(configmap()))
    assert (error.code, error.reason, error.message) == (code, reason, text)
    assert not world.backend.list("configmaps").records


def test_mutating_webhooks_change_the_object_one_after_the_other(world: Asked) -> None:
    world.install("Mutating", webhook("a"), webhook("b"))
    world.install("Validating", webhook("c"), name="v")
    world.replies[url("a")] = patching(add("/data/a", "1"), add("/metadata/labels", {"x": "y"}))
    world.replies[url("b")] = patching(add("/data/b", "2"))
    world.replies[url("c")] = allow
    made = world.api.create(configmap())
    assert made["data"] == {"k": "v", "a": "1", "b": "2"}
    assert made["metadata"]["labels"] == {"x": "y"}
    assert world.asked == [url("a"), url("b"), url("c")]
    assert world.reviews[1][1]["object"]["data"] == {"k": "v", "a": "1"}
    assert world.reviews[2][1]["object"]["data"] == made["data"]


def test_a_webhook_is_asked_again_where_a_later_one_changed_something(world: Asked) -> None:
    world.install("Mutating", webhook("a", reinvocationPolicy="IfNeeded"), webhook("b"))
    world.replies[url("a")] = allow
    world.replies[url("b")] = patching(add("/data/b", "2"))
    world.api.create(configmap())
    assert world.asked == [url("a"), url("b"), url("a")]
    world.replies[url("b")] = allow
    world.api.create(configmap("d"))
    assert world.asked[3:] == [url("a"), url("b")]


def test_what_a_webhook_makes_must_be_valid(world: Asked) -> None:
    world.install("Mutating", webhook())
    world.replies[url("a")] = patching(add("/metadata/labels", {"not ok!": "x"}))
    error = world.refused(lambda: world.api.create(configmap()))
    assert (error.code, error.reason) == (422, "Invalid")


@pytest.mark.parametrize(
    ("more", "obj", "asked"),
    [
        ({}, configmap(), True),
        ({"rules": [{**RULE, "operations": ["UPDATE"]}]}, configmap(), False),
        ({"rules": [{**RULE, "operations": ["*"]}]}, configmap(), True),
        ({"rules": [{**RULE, "resources": ["secrets"]}]}, configmap(), False),
        ({"rules": [{**RULE, "resources": ["*"]}]}, configmap(), True),
        ({"rules": [{**RULE, "resources": ["configmaps/*"]}]}, configmap(), True),
        ({"rules": [{**RULE, "resources": ["configmaps/status"]}]}, configmap(), False),
        ({"rules": [{**RULE, "apiGroups": ["apps"]}]}, configmap(), False),
        ({"rules": [{**RULE, "apiVersions": ["v2"]}]}, configmap(), False),
        ({"rules": [{**RULE, "scope": "Cluster"}]}, configmap(), False),
        ({"rules": [{**RULE, "scope": "Namespaced"}]}, configmap(), True),
        ({"namespaceSelector": {"matchLabels": {"team": "other"}}}, configmap(), False),
        (
            {"namespaceSelector": {"matchLabels": {"team": "other"}}},
            configmap(namespace="other"),
            True,
        ),
        ({"objectSelector": {"matchLabels": {"a": "b"}}}, configmap(), False),
        (
            {"matchConditions": [{"name": "c", "expression": "object.data.k == 'v'"}]},
            configmap(),
            True,
        ),
        (
            {
                "matchConditions": [
                    {"name": "c", "expression": "request.userInfo.username != 'kctl'"}
                ]
            },
            configmap(),
            False,
        ),
        (
            {
                "matchConditions": [
                    {"name": "c", "expression": "object.data.zz == 'v'"},
                    {"name": "d", "expression": "false"},
                ]
            },
            configmap(),
            False,
        ),
    ],
)
def test_a_webhook_is_asked_where_its_rules_and_selectors_match(
    world: Asked, more: Object, obj: Object, asked: bool
) -> None:
    world.install("Validating", webhook(**more))
    world.replies[url("a")] = allow
    world.api.create(obj)
    assert bool(world.reviews) is asked


def test_selectors_of_namespaces_look_at_the_namespace_itself(world: Asked) -> None:
    rule = {**RULE, "resources": ["namespaces"]}
    selector = {"matchLabels": {"team": "x"}}
    world.install("Validating", webhook(rules=[rule], namespaceSelector=selector))
    world.replies[url("a")] = allow
    for team in ("x", "y"):
        meta = {"name": team, "labels": {"team": team}}
        world.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
    assert [request["name"] for _, request in world.reviews] == ["x"]


def test_a_condition_without_a_value_fails_the_request(world: Asked) -> None:
    conditions = [{"name": "c", "expression": "object.data.zz == 'v'"}]
    world.install("Validating", webhook(matchConditions=conditions))
    error = world.refused(lambda: world.api.create(configmap()))
    assert error.code == 500
    assert 'failed calling webhook "a.example.com": expression \'object.data.zz' in error.message
    assert "no such key: zz" in error.message


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (
            UNREACHABLE,
            'failed to call webhook: Post "https://a.example.com/?timeout=10s": dial tcp '
            "127.0.0.1:1: connect: connection refused",
        ),
        (b"<html>", "couldn't get version/kind; json parse error"),
        (b"[]", "couldn't get version/kind; json parse error"),
        (
            b'{"apiVersion":"v1","kind":"Pod"}',
            "expected webhook response of admission.k8s.io/v1, "
            "Kind=AdmissionReview, got v1, Kind=Pod",
        ),
        (
            b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
            "webhook response was absent",
        ),
        (lambda request: {"uid": "other", "allowed": True}, 'expected response.uid="review-'),
        (lambda request: {"allowed": True, "patch": "W10="}, "response.patch but not"),
        (
            lambda request: {"allowed": True, "patch": "!!", "patchType": "JSONPatch"},
            "invalid patch",
        ),
        (lambda request: {"allowed": True, "patch": "e30=", "patchType": "Merge"}, '"Merge"'),
        (
            lambda request: {
                "allowed": True,
                "patchType": "JSONPatch",
                "patch": "W3sib3AiOiJyZW1vdmUiLCJwYXRoIjoiL21ldGFkYXRhIn1d",
            },
            "the result is no object",
        ),
    ],
)
def test_an_answer_that_is_none_fails_or_is_left_out(world: Asked, reply: Any, text: str) -> None:
    world.replies[url("a")] = reply
    world.install("Mutating", webhook())
    error = world.refused(lambda: world.api.create(configmap()))
    assert (error.code, error.reason) == (500, "InternalError")
    head = 'Internal error occurred: failed calling webhook "a.example.com": '
    assert error.message.startswith(head) and text in error.message
    world.api.delete("mutatingwebhookconfigurations.admissionregistration.k8s.io", "w")
    world.install("Mutating", webhook(failurePolicy="Ignore"), name="x")
    assert world.api.create(configmap())["data"] == {"k": "v"}


def test_warnings_reach_the_client(world: Asked) -> None:
    world.install("Validating", webhook())
    world.replies[url("a")] = lambda request: {"allowed": True, "warnings": ["mind the gap"]}
    world.api.create(configmap())
    assert world.warnings == ["mind the gap"]


def test_a_dry_run_is_told_and_writes_nothing(world: Asked) -> None:
    world.install("Validating", webhook())
    world.replies[url("a")] = allow
    world.api.create(configmap(), dry_run=True)
    assert world.reviews[0][1]["dryRun"] is True
    assert not world.backend.list("configmaps").records


def test_a_service_is_reached_at_its_cluster_address(world: Asked) -> None:
    client = {"service": {"name": "hook", "namespace": "default", "path": "/check"}}
    world.install("Validating", webhook(clientConfig=client))
    error = world.refused(lambda: world.api.create(configmap()))
    assert error.message.endswith(
        'Post "https://hook.default.svc:443/check?timeout=10s": service "hook" not found'
    )
    ports = [{"port": 443, "targetPort": 8443}]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "hook", "namespace": "default"},
        "spec": {"ports": ports, "selector": {"app": "hook"}},
    }
    address = world.api.create(service)["spec"]["clusterIP"]
    world.replies["https://hook.default.svc:443/check"] = allow
    world.api.create(configmap())
    assert world.targets[-1].address == (address, 443)


def test_nothing_stands_between_an_administrator_and_webhooks(world: Asked) -> None:
    everything = {
        "operations": ["*"],
        "apiGroups": ["*"],
        "apiVersions": ["*"],
        "resources": ["*/*"],
    }
    world.install("Validating", webhook(rules=[everything]))
    world.replies[url("a")] = UNREACHABLE
    world.api.delete("validatingwebhookconfigurations.admissionregistration.k8s.io", "w")
    world.api.create(configmap())


def test_an_object_is_shown_in_the_version_that_a_rule_names(world: Asked) -> None:
    version = {"served": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    names = {"plural": "crontabs", "kind": "CronTab"}
    versions = [{**version, "name": "v1", "storage": True},
                {**version, "name": "v2", "storage": False}]  # fmt: skip
    world.api.create(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "crontabs.example.com"},
            "spec": {"group": "example.com", "scope": "Cluster", "names": names,
                     "versions": versions},
        }
    )  # fmt: skip
    rule = {**RULE, "apiGroups": ["example.com"], "resources": ["crontabs"]}
    world.install("Validating", webhook(rules=[rule]))
    world.install("Validating", webhook("b", rules=[rule], matchPolicy="Exact"), name="x")
    world.replies[url("a")] = allow
    world.api.create({"apiVersion": "example.com/v2", "kind": "CronTab", "metadata": {"name": "c"}})
    ((_, request),) = world.reviews
    assert request["object"]["apiVersion"] == "example.com/v1"
    assert (request["kind"]["version"], request["requestKind"]["version"]) == ("v1", "v2")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (
            {"name": "short"},
            'webhooks[0].name: Invalid value: "short": should be a domain with at '
            "least three segments separated by dots",
        ),
        (
            {"clientConfig": {}},
            "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
        ),
        ({"clientConfig": {"url": "http://x"}}, "'https' is the only allowed URL scheme"),
        ({"clientConfig": {"url": "https://a:b@x/"}}, "user information is not permitted"),
        (
            {"sideEffects": "Some"},
            'webhooks[0].sideEffects: Unsupported value: "Some": supported '
            'values: "None", "NoneOnDryRun"',
        ),
        ({"admissionReviewVersions": ["v7"]}, "must include at least one of v1, v1beta1"),
        ({"timeoutSeconds": 31}, "the timeout value must be between 1 and 30 seconds"),
        ({"failurePolicy": "Maybe"}, 'failurePolicy: Unsupported value: "Maybe"'),
        (
            {"rules": [{**RULE, "operations": ["*", "CREATE"]}]},
            "if '*' is present, must not specify other operations",
        ),
        ({"rules": [{**RULE, "operations": ["PAINT"]}]}, 'Unsupported value: "PAINT"'),
        (
            {"matchConditions": [{"name": "c", "expression": "object."}]},
            "matchConditions[0]."
            'expression: Invalid value: "object.": compilation failed: ERROR: <input>:1:8: Syntax',
        ),
        ({"matchConditions": [{"name": "c", "expression": "1"}]}, "must evaluate to bool"),
    ],
)
def test_a_configuration_that_is_wrong_is_refused(world: Asked, more: Object, text: str) -> None:
    error = world.refused(lambda: world.install("Mutating", webhook(**more)))
    assert error.code == 422 and text in error.message


def test_defaults_are_those_of_kubernetes(world: Asked) -> None:
    world.install("Mutating", webhook(clientConfig={"service": {"name": "a", "namespace": "b"}}))
    made = world.api.get("mutatingwebhookconfigurations.admissionregistration.k8s.io", "w")
    (found,) = made["webhooks"]
    assert (found["failurePolicy"], found["matchPolicy"]) == ("Fail", "Equivalent")
    assert (found["timeoutSeconds"], found["reinvocationPolicy"]) == (10, "Never")
    assert found["rules"][0]["scope"] == "*" and found["clientConfig"]["service"]["port"] == 443
