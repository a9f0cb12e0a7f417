"""A server takes protobuf as it takes JSON, and describes itself: through real processes."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from kctl.api.protobuf import CONTENT_TYPE, MAGIC, encode
from tests.integration.serve.served import Served, older_kubectls

WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.shop.example.com"},
    "spec": {
        "group": "shop.example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "description": "A widget is sold in the shop.",
                        "required": ["spec"],
                        "properties": {
                            "spec": {
                                "type": "object",
                                "description": "What is wanted.",
                                "required": ["size"],
                                "properties": {
                                    "size": {
                                        "type": "string",
                                        "enum": ["small", "medium", "large", "huge", ""],
                                    },
                                    "port": {"x-kubernetes-int-or-string": True},
                                    "parts": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "properties": {"weight": {"type": "number"}},
                                        },
                                    },
                                    "any": {
                                        "type": "object",
                                        "x-kubernetes-preserve-unknown-fields": True,
                                    },
                                },
                            }
                        },
                    }
                },
            },
            {
                "name": "v1beta1",
                "served": True,
                "storage": False,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"old": {"type": "string"}},
                    }
                },
            },
        ],
    },
}


@pytest.fixture(scope="module")
def widgets(served: Served) -> Served:
    served.apply(WIDGETS)
    return served


@pytest.mark.parametrize(
    "line",
    [
        "widgets",
        "widgets --recursive",
        "wd.spec.size",
        "widgets.spec.parts.weight",
        "widgets.spec.any.x",
        "widgets.shop.example.com.spec",
        "widgets.old --api-version=shop.example.com/v1beta1",
        "widgets.old",
        "crd.spec.versions.schema.openAPIV3Schema",
        "deployments.spec.template.spec.containers.ports",
        "widgets --api-version=shop.example.com/v2",
    ],
)
def test_explain_tells_what_kubectl_tells_of_the_same_plane(widgets: Served, line: str) -> None:
    assert widgets.kctl("explain", *line.split()) == widgets.kubectl("explain", *line.split())


GENERATORS = (
    ("deployment", "deployments", "--image=nginx --replicas=0"),
    ("service clusterip", "services", "--tcp=80:8080"),
    ("secret generic", "secrets", "--from-literal=a=b"),
    ("role", "roles", "--verb=get --resource=pods"),
    ("serviceaccount", "serviceaccounts", ""),
    ("poddisruptionbudget", "poddisruptionbudgets", "--selector=a=b --min-available=50%"),
)


@pytest.mark.skipif("1.27" not in older_kubectls(), reason="no kubectl 1.27 on this machine")
@pytest.mark.parametrize(("kind", "plural", "flags"), GENERATORS)
def test_an_object_is_the_same_whichever_way_it_came(
    served: Served, kind: str, plural: str, flags: str
) -> None:
    binaries = (None, older_kubectls()["1.27"])  # the newer one sends protobuf
    found = []
    for binary in binaries:
        name = f"w{uuid.uuid4().hex[:8]}"
        ran = served.kubectl("create", *kind.split(), name, *flags.split(), binary=binary)
        assert ran.code == 0, ran
        obj = served.get(plural, name)
        for field in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
            obj["metadata"].pop(field, None)
        for field in ("clusterIP", "clusterIPs"):
            obj.get("spec", {}).pop(field, None)
        found.append(json.loads(json.dumps(obj).replace(name, "NAME")))
    assert found[0] == found[1]


CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def post(served: Served, body: bytes, path: str = CONFIG_MAPS) -> tuple[int, Any]:
    answer = served.request("POST", path, body, Content_Type=CONTENT_TYPE)
    return answer.code, answer.json


def test_a_body_of_protobuf_is_stored_and_a_broken_one_is_a_bad_request(served: Served) -> None:
    name = f"pb{uuid.uuid4().hex[:8]}"
    obj = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"a": "ü"},
        "binaryData": {"b": "AAE="},
    }
    body = encode(obj)
    code, created = post(served, body)
    assert (code, created["data"], created["binaryData"]) == (201, {"a": "ü"}, {"b": "AAE="})
    for broken in (MAGIC, body[:-9], b"{}", body[:30] + b"\xff" * 20, MAGIC + b"\x12\x7f"):
        code, status = post(served, broken)
        assert (code, status["reason"]) == (400, "BadRequest"), broken
        assert status["message"]
    code, status = post(served, encode({**obj, "kind": "Secret", "data": {}}))
    assert code == 400


def test_an_openapi_document_is_sent_once(served: Served) -> None:
    index = served.request("GET", "/openapi/v3").json["paths"]
    assert {"api/v1", "apis/apps/v1"} <= set(index)
    first = served.request("GET", index["apis/apps/v1"]["serverRelativeURL"])
    tags = {name.lower(): value for name, value in first.headers.items()}
    again = served.request(
        "GET", index["apis/apps/v1"]["serverRelativeURL"], If_None_Match=tags["etag"]
    )
    assert (first.code, again.code, again.body) == (200, 304, b"")
    assert first.json["openapi"] == "3.0.0"
    assert served.request("GET", "/openapi/v3/apis/nobody/v1").code == 404
    assert served.request("GET", "/openapi/v2").json["swagger"] == "2.0"
