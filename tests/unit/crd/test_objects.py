"""Objects of custom kinds: pruned, defaulted, validated, in Kubernetes' words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.api.crd.structure import Structure, fill_defaults, prune
from kctl.api.crd.values import check
from tests.unit.crd.conftest import Extended, Object, crontab, definition

SPEC: Object = {
    "type": "object",
    "required": ["schedule"],
    "properties": {
        "schedule": {"type": "string", "minLength": 3, "maxLength": 8, "pattern": "^[a-z]+$"},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
        "ratio": {"type": "number", "exclusiveMinimum": True, "minimum": 0, "multipleOf": 0.5},
        "mode": {"type": "string", "enum": ["fast", "slow"]},
        "port": {"x-kubernetes-int-or-string": True},
        "tags": {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": 2,
            "minItems": 1,
            "x-kubernetes-list-type": "set",
        },
        "rules": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "on": {"type": "boolean", "default": True},
                },
            },
        },
        "labels": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "maxProperties": 2,
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "template": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
        "when": {"type": "string", "format": "date-time"},
        "maybe": {"type": "string", "nullable": True},
        "one": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        "any": {"type": "integer", "anyOf": [{"minimum": 10}, {"maximum": 2}]},
        "not": {"type": "string", "not": {"enum": ["bad"]}},
    },
}


@pytest.fixture
def made(extended: Extended) -> Extended:
    made = definition(SPEC, subresources={"status": {}})
    schema = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["status"] = {"type": "object", "properties": {"x": {"type": "integer"}}}
    extended.api.create(made)
    return extended


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, "spec.schedule: Required value"),
        (
            {"schedule": "ab"},
            'spec.schedule: Invalid value: "ab": spec.schedule in body should be '
            "at least 3 chars long",
        ),
        ({"schedule": "abcdefghi"}, "spec.schedule: Too long: may not be more than 8"),
        (
            {"schedule": "ABC"},
            "spec.schedule: Invalid value: \"ABC\": spec.schedule in body should match '^[a-z]+$'",
        ),
        (
            {"schedule": 5},
            'spec.schedule: Invalid value: "integer": spec.schedule in body must be of '
            'type string: "integer"',
        ),
        (
            {"schedule": "abc", "replicas": "3"},
            'spec.replicas: Invalid value: "string": '
            'spec.replicas in body must be of type integer: "string"',
        ),
        (
            {"schedule": "abc", "replicas": 11},
            "spec.replicas: Invalid value: 11: spec.replicas in "
            "body should be less than or equal to 10",
        ),
        (
            {"schedule": "abc", "replicas": 0},
            "spec.replicas: Invalid value: 0: spec.replicas in body "
            "should be greater than or equal to 1",
        ),
        ({"schedule": "abc", "ratio": 0}, "spec.ratio in body should be greater than 0"),
        ({"schedule": "abc", "ratio": 0.7}, "spec.ratio in body should be a multiple of 0.5"),
        (
            {"schedule": "abc", "mode": "x"},
            'spec.mode: Unsupported value: "x": supported values: "fast", "slow"',
        ),
        (
            {"schedule": "abc", "port": True},
            'spec.port in body must be of type integer,string: "boolean"',
        ),
        (
            {"schedule": "abc", "tags": []},
            "spec.tags: Invalid value: 0: spec.tags in body should have at least 1 items",
        ),
        (
            {"schedule": "abc", "tags": ["a", "b", "c"]},
            "spec.tags: Too many: 3: must have at most 2 items",
        ),
        ({"schedule": "abc", "tags": ["a", "a"]}, 'spec.tags[1]: Duplicate value: "a"'),
        (
            {"schedule": "abc", "rules": [{"name": "a"}, {"name": "a"}]},
            'spec.rules[1]: Duplicate value: {"name":"a"}',
        ),
        (
            {"schedule": "abc", "rules": [{"on": "x", "name": "n"}]},
            "spec.rules[0].on: Invalid value: "
            '"string": spec.rules[0].on in body must be of type boolean: "string"',
        ),
        ({"schedule": "abc", "labels": {"a": 1}}, 'spec.labels.a: Invalid value: "integer"'),
        (
            {"schedule": "abc", "template": {}},
            "spec.template.apiVersion: Required value: must not be empty",
        ),
        (
            {"schedule": "abc", "when": "yesterday"},
            'spec.when: Invalid value: "yesterday": spec.when '
            'in body must be of type date-time: "yesterday"',
        ),
        (
            {"schedule": "abc", "one": {"a": 1, "b": 2}},
            '<nil>: Invalid value: "": "spec.one" must '
            "validate one and only one schema (oneOf). Found 2 valid alternatives",
        ),
        (
            {"schedule": "abc", "one": {}},
            '"spec.one" must validate one and only one schema (oneOf). Found none valid',
        ),
        (
            {"schedule": "abc", "any": 5},
            '<nil>: Invalid value: "": "spec.any" must validate at least one schema (anyOf)',
        ),
        ({"schedule": "abc", "not": "bad"}, '"spec.not" must not validate the schema (not)'),
    ],
)
def test_what_the_schema_forbids_is_refused(made: Extended, spec: Object, text: str) -> None:
    error = made.refused(lambda: made.api.create(crontab(spec)))
    assert (error.code, error.reason) == (422, "Invalid")
    assert text in error.message
    assert error.message.startswith('CronTab.example.com "c" is invalid: ')


def test_a_good_object_is_stored_with_its_defaults(made: Extended) -> None:
    spec = {
        "schedule": "abc",
        "rules": [{"name": "a"}],
        "free": {"x": {"y": [1]}},
        "template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "z": 1},
        "maybe": None,
        "mode": None,
        "port": "http",
    }
    stored = made.api.create(crontab(spec, status={"x": 1}))
    assert stored["spec"] == {
        "schedule": "abc",
        "replicas": 1,
        "rules": [{"name": "a", "on": True}],
        "free": {"x": {"y": [1]}},
        "template": spec["template"],
        "maybe": None,
        "port": "http",
    }
    assert "status" not in stored
    assert made.api.get("crontabs.example.com", "c", "default") == stored


def test_unknown_fields_are_refused_told_or_dropped(made: Extended) -> None:
    obj = crontab({"schedule": "abc", "zz": 1, "rules": [{"name": "a", "q": 1}]}, yy=2)
    error = made.refused(lambda: made.api.create(obj))
    assert error.code == 400
    assert error.message == (
        'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown '
        'field "spec.rules[0].q", unknown field "spec.zz", unknown field "yy"'
    )
    stored = made.api.create(obj, validation="Warn")
    assert made.warnings == [
        'unknown field "spec.rules[0].q"', 'unknown field "spec.zz"', 'unknown field "yy"',
    ]  # fmt: skip
    assert "zz" not in stored["spec"] and "yy" not in stored


def test_metadata_is_read_as_everywhere(made: Extended) -> None:
    obj = crontab({"schedule": "abc"})
    obj["metadata"]["labels"] = {"a": 1}
    error = made.refused(lambda: made.api.create(obj))
    assert "cannot unmarshal number into Go struct field ObjectMeta" in error.message


def test_a_generation_counts_changes_of_the_spec_alone(made: Extended) -> None:
    obj = made.api.create(crontab({"schedule": "abc"}))
    obj["status"] = {"x": 1}
    assert made.api.update(obj)["metadata"]["generation"] == 1
    obj["spec"]["replicas"] = 2
    changed = made.api.update({**obj, "metadata": {"name": "c", "namespace": "default"}})
    assert changed["metadata"]["generation"] == 2


def test_what_was_wrong_before_and_stays_is_let_through(made: Extended) -> None:
    made.api.create(crontab({"schedule": "abc", "mode": "fast"}))
    narrower = made.api.get(
        "customresourcedefinitions.apiextensions.k8s.io", "crontabs.example.com"
    )
    version = narrower["spec"]["versions"][0]
    version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["mode"]["enum"] = [
        "slow"
    ]
    made.api.update(narrower)
    patched = made.api.patch(
        "crontabs.example.com", "c", "default", {"spec": {"replicas": 3}}, "merge"
    )
    assert patched["spec"]["replicas"] == 3
    change = {"spec": {"mode": "quick"}}
    error = made.refused(
        lambda: made.api.patch("crontabs.example.com", "c", "default", change, "merge")
    )
    assert "spec.mode: Unsupported value" in error.message


def test_a_strategic_patch_is_no_patch_for_a_custom_kind(made: Extended) -> None:
    made.api.create(crontab({"schedule": "abc"}))
    error = made.refused(
        lambda: made.api.patch("crontabs.example.com", "c", "default", {}, "strategic")
    )
    assert error.code == 415


# --- properties of the walks ---

_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 20) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["schedule", "rules", "name", "on", "one", "a", "zz"]), inner
        )
    ),
    max_leaves=8,
)


@given(_values)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pruning_and_defaulting_settle(value: Any) -> None:
    """Twice is as good as once, whatever comes."""
    structure = Structure({"type": "object", "properties": {"spec": SPEC}})
    unknown: list[str] = []
    once = prune({"spec": value}, structure, "", unknown)
    again: list[str] = []
    assert prune(once, structure, "", again) == once
    assert not again
    fill_defaults(once, structure)
    twice = prune(once, structure, "", [])
    fill_defaults(twice, structure)
    assert twice == once
    check(once, structure.source)
