"""Server-side apply over HTTP: codes, managers, subresources, and refusals."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.integration.serve.served import Answer, Object, Served

APPLY = "application/apply-patch+yaml"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
_numbers = itertools.count()


@pytest.fixture
def name() -> str:
    return f"owned-{next(_numbers)}"


def config(name: str, **spec: Any) -> Object:
    containers = [{"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}]
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **spec},
    }


def apply(served: Served, path: str, body: Any, query: str = "fieldManager=me") -> Answer:
    return served.request("PATCH", f"{DEPLOYMENTS}/{path}?{query}", body, Content_Type=APPLY)


def owners(served: Served, name: str) -> dict[tuple[str, str, str], Object]:
    obj = served.request("GET", f"{DEPLOYMENTS}/{name}").json
    return {
        (each["manager"], each["operation"], each.get("subresource", "")): each["fieldsV1"]
        for each in obj["metadata"]["managedFields"]
    }


def test_an_apply_creates_and_then_changes(served: Served, name: str) -> None:
    made = apply(served, name, config(name))
    assert (made.code, made.json["metadata"]["generation"]) == (201, 1)
    again = apply(served, name, config(name))
    assert (again.code, again.json) == (200, made.json)
    assert apply(served, name, config(name, replicas=3)).json["spec"]["replicas"] == 3


def test_a_body_may_be_yaml(served: Served, name: str) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  a: b # c\n"
    path = f"/api/v1/namespaces/default/configmaps/{name}?fieldManager=me"
    made = served.request("PATCH", path, text.encode(), Content_Type=APPLY)
    assert (made.code, made.json["data"]) == (201, {"a": "b"})


def test_the_manager_of_a_write_is_named_or_taken_from_the_client(
    served: Served, name: str
) -> None:
    served.request("POST", f"{DEPLOYMENTS}?fieldManager=named", config(name))
    merge = {"Content_Type": "application/merge-patch+json", "User_Agent": "tool/v1 (linux)"}
    served.request("PATCH", f"{DEPLOYMENTS}/{name}", {"spec": {"replicas": 4}}, **merge)
    scale = f"{DEPLOYMENTS}/{name}/scale"
    served.request("PATCH", scale, {"spec": {"replicas": 5}}, **merge)
    found = owners(served, name)
    assert found["tool", "Update", "scale"] == {"f:spec": {"f:replicas": {}}}
    assert ("named", "Update", "") in found and ("tool", "Update", "") not in found


def test_a_conflict_is_a_409_with_its_causes(served: Served, name: str) -> None:
    apply(served, name, config(name, replicas=2), "fieldManager=first")
    refused = apply(served, name, config(name, replicas=3))
    assert (refused.code, refused.json["reason"]) == (409, "Conflict")
    assert refused.json["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "first"',
            "field": ".spec.replicas",
        }
    ]
    forced = apply(served, name, config(name, replicas=3), "fieldManager=me&force=true")
    assert forced.code == 200
    assert "f:replicas" not in owners(served, name)["first", "Apply", ""]["f:spec"]


def test_status_and_scale_are_applied_apart(served: Served, name: str) -> None:
    apply(served, name, config(name, replicas=2))
    kind = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}}
    status = apply(served, f"{name}/status", {**kind, "status": {"replicas": 2}})
    assert status.json["status"]["replicas"] == 2
    scale = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": name},
        "spec": {"replicas": 7},
    }
    query = "fieldManager=hpa&force=true"
    assert apply(served, f"{name}/scale", scale, query).json["spec"]["replicas"] == 7
    found = owners(served, name)
    assert found["me", "Apply", "status"] == {"f:status": {"f:replicas": {}}}
    assert found["hpa", "Apply", "scale"] == {"f:spec": {"f:replicas": {}}}
    assert "f:replicas" not in found["me", "Apply", ""]["f:spec"]


@pytest.mark.parametrize(
    ("body", "query", "code", "text"),
    [
        (b"a: [", "fieldManager=me", 400, "error decoding YAML: error converting YAML to JSON"),
        (b"[]", "fieldManager=me", 400, "cannot unmarshal array"),
        (b"{}", "fieldManager=me", 400, "invalid object type: /, Kind="),
        (config("x", foo=1), "fieldManager=me", 400, ".spec.foo: field not declared in schema"),
        (config("x"), "fieldManager=me", 400, "does not match the name on the URL"),
        (config("x"), "", 422, "fieldManager: Required value: is required for apply patch"),
        (config("x"), "fieldManager=%07", 422, "invalid character U+0007 (at position 0)"),
        (config("x"), "fieldManager=" + "x" * 129, 422, "Too long: may not be more than 128"),
    ],
)
def test_what_is_no_apply_is_refused(
    served: Served, name: str, body: Any, query: str, code: int, text: str
) -> None:
    answer = apply(served, name, body, query)
    assert answer.code == code and text in answer.json["message"], answer.json
