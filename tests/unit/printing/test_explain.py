"""How `explain` finds a field and lays out what it is told. The whole of real documents is
compared with the real kubectl elsewhere; here are schemas that those do not have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.printing.explain import Depth, ExplainError, Resource, explain, wrap

GVK = {"group": "x.io", "kind": "Thing", "version": "v1"}
FLAT = Depth()
THINGS = Resource("x.io", "v1", "things")


def document(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    schema = {**schema, "x-kubernetes-group-version-kind": [GVK]}
    operation = {"get": {"x-kubernetes-group-version-kind": GVK}}
    return {
        "paths": {"/apis/x.io/v1/namespaces/{namespace}/things/{name}": operation},
        "components": {"schemas": {"Thing": schema, **more}},
    }


def told(found: dict[str, Any], *path: str, depth: Depth = FLAT) -> str:
    text = explain(found, THINGS, path, depth)
    return text.removeprefix("GROUP:      x.io\nKIND:       Thing\nVERSION:    v1\n\n")


NODE = {
    "description": "A node.",
    "properties": {"next": {"allOf": [{"$ref": "#/components/schemas/Node"}]}},
}
CIRCLE = document({"properties": {"root": {"$ref": "#/components/schemas/Node"}}}, Node=NODE)


def test_a_circle_ends_where_it_closes() -> None:
    assert told(CIRCLE, depth=Depth(recursive=True)) == (
        "DESCRIPTION:\n    <empty>\nFIELDS:\n  root\t<Node>\n    next\t<Node>\n\n"
    )
    assert "FIELD: next <Node>" in told(CIRCLE, "root", "next", "next", "next")


def test_a_limit_of_depth_is_kept() -> None:
    deep = document(
        {"properties": {"a": {"properties": {"b": {"properties": {"c": {"type": "x"}}}}}}}
    )
    assert "c\t" in told(deep, depth=Depth(True, 3))
    text = told(deep, depth=Depth(True, 2))
    assert "b\t" in text and "c\t" not in text


def test_values_are_listed_short_in_lists_and_long_on_the_page_of_the_field() -> None:
    found = document({"properties": {"size": {"type": "string", "enum": ["", "a", "b", "c", "d"]}}})
    assert 'size\t<string>\n  enum: "", a, b, c, ....\n' in told(found)
    assert 'FIELD: size <string>\nENUM:\n    ""\n    a\n    b\n    c\n    d\n\nDESC' in told(
        found, "size"
    )


def test_lists_and_maps_are_passed_through() -> None:
    item = {"properties": {"x": {"type": "integer"}}, "type": "object"}
    found = document(
        {
            "properties": {
                "list": {"type": "array", "items": item},
                "map": {"type": "object", "additionalProperties": item},
                "open": {"type": "object", "additionalProperties": True},
            }
        }
    )
    page = told(found)
    assert "list\t<[]Object>" in page
    assert "map\t<map[string]Object>" in page
    assert "open\t<Object>" in page
    for name in ("list", "map"):
        assert "FIELD: x <integer>" in told(found, name, "x")
    with pytest.raises(ExplainError, match='field "x" does not exist'):
        told(found, "open", "x")


def test_documents_elsewhere_are_named() -> None:
    docs = {"description": "See there.", "url": "https://example.com"}
    found = document({"externalDocs": docs, "properties": {"a": {"externalDocs": docs}}})
    text = told(found)
    assert "\nEXTERNAL DOCS:\n    See there.\n    URL: https://example.com\n" in text
    assert "\n    EXTERNAL DOCS:\n      See there.\n      URL: https://example.com\n" in text


def test_what_was_printed_before_an_error_is_kept() -> None:
    with pytest.raises(ExplainError) as error:
        explain(CIRCLE, THINGS, ["nope"], Depth())
    assert error.value.printed.startswith("GROUP:      x.io\n")
    with pytest.raises(ExplainError) as error:
        explain(CIRCLE, Resource("", "v1", "things"), [], Depth())
    assert error.value.message == "GVR (/v1, Resource=things) not found in OpenAPI schema"


@given(st.text("ab \n\t", max_size=60), st.integers(2, 12))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    wrapped = wrap(text, width)
    assert wrapped.split() == text.split()
    for line in wrapped.split("\n"):
        assert len(line) <= width or len(line.split()) == 1
