"""The OpenAPI documents: complete, consistent in themselves, and made from the kinds alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kctl.api.crd.structure import Structure
from kctl.api.errors import ApiError
from kctl.api.kind import Kind
from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.openapi import Documents, v2_json, v3, v3_index
from kctl.api.schema.schema import definition, definitions, shortened
from kctl.server.auth.reviews import KINDS as REVIEWS
from kctl.server.discovery import subresources

KINDS = kctl_kinds()
DOCUMENTS = Documents(KINDS, subresources=subresources)
NAMES = list(DOCUMENTS.v3_index()["paths"])
CRD_SCHEMA = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer", "enum": [1, 2], "description": "how big"},
                "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}]},
                "text": {"type": "string", "nullable": True},
            },
        }
    },
}


def widget(**more: Any) -> Kind:
    base = next(kind for kind in KINDS if kind.plural == "configmaps")
    changes = {"group": "shop.example.com", "kind": "Widget", "plural": "widgets", **more}
    return replace(base, schema="crd:widgets.shop.example.com/v1", **changes)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_of_a_document_is_answered_in_it(name: str) -> None:
    document = DOCUMENTS.v3(name)
    there = {f"#/components/schemas/{each}" for each in document["components"]["schemas"]}
    assert set(references(document)) <= there
    swagger = DOCUMENTS.v2_json()
    assert set(references(swagger)) <= {f"#/definitions/{each}" for each in swagger["definitions"]}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource)
def test_a_kind_has_its_schema_with_every_field_of_the_table(kind: Kind) -> None:
    name = f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"
    schemas = DOCUMENTS.v3(name)["components"]["schemas"]
    wanted = {"group": kind.group, "kind": kind.kind, "version": kind.version}
    (found,) = (
        schema
        for schema in schemas.values()
        if wanted in schema.get("x-kubernetes-group-version-kind", ())
    )
    known = definition(shortened(kind.schema))
    assert known is not None
    assert set(found["properties"]) == set(known.fields)
    assert set(found.get("required", ())) == {
        name for name, field in known.fields.items() if field.required
    }


def test_lists_tell_how_they_merge() -> None:
    containers = DOCUMENTS.v3("api/v1")["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"][
        "properties"
    ]["containers"]
    assert containers["type"] == "array"
    assert containers["items"] == {"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}
    assert containers["x-kubernetes-list-type"] == "map"
    assert containers["x-kubernetes-list-map-keys"] == ["name"]
    assert containers["x-kubernetes-patch-strategy"] == "merge"
    assert containers["x-kubernetes-patch-merge-key"] == "name"


def test_operations_are_whole_and_their_names_unique() -> None:
    seen: set[str] = set()
    for name in NAMES:
        for path, method, operation in operations(DOCUMENTS.v3(name)):
            assert operation["operationId"] not in seen
            seen.add(operation["operationId"])
            assert operation["responses"], path
            assert operation["x-kubernetes-group-version-kind"]["kind"]
            names = {each["name"] for each in operation["parameters"]}
            if operation["x-kubernetes-action"] in ("post", "put", "patch") and method != "get":
                plain = "/" not in path.partition("{name}")[2].strip("/")
                assert not plain or "fieldValidation" in names or path.endswith(_STREAMS), path


_STREAMS = ("/exec", "/attach", "/portforward", "/proxy")


def test_parameters_of_the_path_are_declared() -> None:
    for name in NAMES:
        for path, item in DOCUMENTS.v3(name)["paths"].items():
            declared = {each["name"] for each in item["parameters"]}
            assert declared == {part[1:-1] for part in path.split("/") if part[:1] == "{"}, path


def test_subresources_are_described_with_their_own_kinds() -> None:
    paths = DOCUMENTS.v3("apis/apps/v1")["paths"]
    scale = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]
    assert scale["put"]["x-kubernetes-group-version-kind"] == {
        "group": "autoscaling", "kind": "Scale", "version": "v1",
    }  # fmt: skip
    assert "post" not in scale
    pods = DOCUMENTS.v3("api/v1")["paths"]
    assert "get" in pods["/api/v1/namespaces/{namespace}/pods/{name}/log"]
    assert list(pods["/api/v1/namespaces/{namespace}/pods/{name}/eviction"]) == [
        "parameters", "post",
    ]  # fmt: skip


def test_the_index_changes_with_the_kinds_and_only_where_they_changed() -> None:
    before = v3_index(KINDS)["paths"]
    again = v3_index(kctl_kinds())["paths"]
    assert before == again
    grown = v3_index([*KINDS, widget(structure=Structure(CRD_SCHEMA))])["paths"]
    other = v3_index([*KINDS, widget(structure=Structure({"type": "object"}))])["paths"]
    name = "apis/shop.example.com/v1"
    assert {each: grown[each] for each in before} == before
    assert grown[name] != other[name]
    assert grown[name]["serverRelativeURL"].startswith(f"/openapi/v3/{name}?hash=")


def test_a_custom_kind_has_the_schema_of_its_definition() -> None:
    document = v3("apis/shop.example.com/v1", [widget(structure=Structure(CRD_SCHEMA))])
    schema = document["components"]["schemas"]["com.example.shop.v1.Widget"]
    assert schema["properties"]["spec"] == CRD_SCHEMA["properties"]["spec"]  # type: ignore[index]
    assert set(schema["properties"]) == {"apiVersion", "kind", "metadata", "spec"}
    assert schema["required"] == ["spec"]
    swagger = v2_json([widget(structure=Structure(CRD_SCHEMA))])
    spec = swagger["definitions"]["com.example.shop.v1.Widget"]["properties"]["spec"]
    assert spec["properties"]["port"] == {"x-kubernetes-int-or-string": True}
    assert spec["properties"]["text"] == {}
    assert spec["properties"]["size"]["enum"] == [1, 2]


def test_a_plugin_kind_without_schema_is_an_object_of_any_content() -> None:
    schema = v3("apis/shop.example.com/v1", [widget()])["components"]["schemas"][
        "com.example.shop.v1.Widget"
    ]
    assert schema["x-kubernetes-preserve-unknown-fields"] is True
    assert set(schema["properties"]) == {"apiVersion", "kind", "metadata"}


def test_a_schema_can_be_passed_in() -> None:
    document = v3("apis/shop.example.com/v1", [widget()], lambda kind: CRD_SCHEMA)
    schema = document["components"]["schemas"]["com.example.shop.v1.Widget"]
    assert "spec" in schema["properties"]


def test_what_is_asked_and_not_stored_has_only_its_verbs() -> None:
    review = next(kind for kind in REVIEWS if kind.kind == "SelfSubjectAccessReview")
    usage = widget(group="metrics.k8s.io", plural="pods", kind="PodMetrics")
    virtual = {review: ("create",), usage: ("get", "list")}
    documents = Documents(KINDS, virtual=virtual)
    document = documents.v3("apis/authorization.k8s.io/v1")
    (path,) = document["paths"]
    assert path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert set(document["paths"][path]) == {"post", "parameters"}
    schemas = document["components"]["schemas"]
    assert "io.k8s.api.authorization.v1.SelfSubjectAccessReview" in schemas
    assert not any(name.endswith("List") for name in schemas)
    metrics = documents.v3("apis/metrics.k8s.io/v1")["paths"]
    found = {path: set(item) - {"parameters"} for path, item in metrics.items()}
    assert found == {
        "/apis/metrics.k8s.io/v1/pods": {"get"},
        "/apis/metrics.k8s.io/v1/namespaces/{namespace}/pods": {"get"},
        "/apis/metrics.k8s.io/v1/namespaces/{namespace}/pods/{name}": {"get"},
    }


def test_an_unknown_group_version_is_not_found() -> None:
    with pytest.raises(ApiError) as error:
        v3("apis/nobody/v1", KINDS)
    assert error.value.code == 404


def test_documents_are_kept_by_what_they_are_made_of() -> None:
    first = DOCUMENTS.v3_bytes("apis/policy/v1")
    assert Documents(kctl_kinds(), subresources=subresources).v3_bytes("apis/policy/v1") is first
    assert json.loads(first) == DOCUMENTS.v3("apis/policy/v1")
    assert Documents(kctl_kinds()).v3_bytes("apis/policy/v1") != first


def test_every_definition_of_the_table_becomes_a_schema() -> None:
    from kctl.api.openapi.schemas import V2, V3, Types

    for base in (V2, V3):
        types = Types(base)
        for name in definitions():
            types.add(name)
        assert len(types.found) >= len(definitions())
        assert set(references(types.found)) <= {base + name for name in types.found}
