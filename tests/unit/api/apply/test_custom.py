"""Server-side apply by the schema that a custom kind brings, and by none at all."""

from __future__ import annotations

from typing import Any

from kctl.api.apply.check import check
from kctl.api.apply.custom import shape_of
from kctl.api.apply.fieldset import field_set, reconciled
from kctl.api.apply.merge import merge
from kctl.api.crd.structure import Structure
from kctl.api.kind import Kind

Object = dict[str, Any]

SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer"},
                "any": {"x-kubernetes-int-or-string": True},
                "plain": {"type": "array", "items": {"type": "string"}},
                "tags": {
                    "type": "array",
                    "x-kubernetes-list-type": "set",
                    "items": {"type": "string"},
                },
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["port", "protocol"],
                    "items": {
                        "type": "object",
                        "properties": {
                            "port": {"type": "integer"},
                            "protocol": {"type": "string", "default": "TCP"},
                            "name": {"type": "string"},
                        },
                    },
                },
                "whole": {
                    "type": "object",
                    "x-kubernetes-map-type": "atomic",
                    "additionalProperties": {"type": "string"},
                },
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            },
        }
    },
}


def kind(schema: Object | None) -> Kind:
    return Kind(
        group="example.com",
        kind="Thing",
        plural="things",
        schema="crd:things.example.com/v1",
        columns=(),
        row=lambda obj: [],
        structure=Structure(schema) if schema else None,
    )


THING = shape_of(kind(SCHEMA))


def thing(**spec: Any) -> Object:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "metadata": {"name": "a", "labels": {"l": "1"}},
        "spec": spec,
    }


def owned(**spec: Any) -> Object:
    found: Object = field_set(THING, thing(**spec))["f:spec"]
    return found


def test_the_schema_says_what_is_owned_apart() -> None:
    assert owned(
        size=1,
        any="5%",
        plain=["x", "y"],
        tags=["x", "y"],
        ports=[{"port": 80, "name": "web"}],
        whole={"a": "b"},
        labels={"a": "b"},
        free={"deep": {"list": [{"a": 1}], "x": 1}},
    ) == {
        "f:size": {},
        "f:any": {},
        "f:plain": {},
        "f:tags": {'v:"x"': {}, 'v:"y"': {}},
        "f:ports": {
            'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:name": {}}
        },
        "f:whole": {},
        "f:labels": {"f:a": {}},
        "f:free": {"f:deep": {".": {}, "f:list": {}, "f:x": {}}},
    }  # fmt: skip


def test_lists_of_the_schema_merge_by_their_keys() -> None:
    live = thing(ports=[{"port": 80, "protocol": "TCP", "name": "a"}], tags=["x"], plain=["x"])
    wanted = thing(ports=[{"port": 80, "name": "b"}, {"port": 81}], tags=["y"], plain=["y"])
    assert merge(THING, live, wanted)["spec"] == {
        "ports": [{"port": 80, "protocol": "TCP", "name": "b"}, {"port": 81}],
        "tags": ["x", "y"],
        "plain": ["y"],
    }


def test_what_the_schema_does_not_know_is_told() -> None:
    assert check(THING, thing(other=1)) == ".spec.other: field not declared in schema"
    assert check(THING, thing(free={"other": 1})) == ""
    assert check(THING, thing(ports=[{"name": "x"}, {"port": 1}, {"port": 1}])) == (
        '.spec.ports: duplicate entries for key [port=1,protocol="TCP"]'
    )
    assert check(THING, thing(ports=["x", None])) == (
        "errors:\n"
        "  .spec.ports: element 0: associative list with keys may not have non-map elements\n"
        "  .spec.ports: element 1: associative list with keys may not have a null element"
    )


def test_metadata_is_that_of_every_kind() -> None:
    assert field_set(THING, thing())["f:metadata"] == {"f:name": {}, "f:labels": {"f:l": {}}}


def test_a_kind_without_a_schema_takes_any_field() -> None:
    unknown = shape_of(kind(None))
    assert check(unknown, thing(anything=[1, {"a": 2}])) == ""
    assert field_set(unknown, thing(x={"y": [1]}))["f:spec"] == {
        ".": {},
        "f:x": {".": {}, "f:y": {}},
    }


def test_who_owned_a_part_of_what_became_atomic_owns_the_whole() -> None:
    before: Object = {
        "f:plain": {'v:"x"': {}},
        "f:whole": {".": {}, "f:a": {}},
        "f:labels": {".": {}, "f:a": {}},
        "f:gone": {"f:a": {}},
    }
    assert reconciled(THING, {"f:spec": before})["f:spec"] == {
        **before,
        "f:plain": {},
        "f:whole": {},
    }
