"""Whatever a definition or an object brings, the answer is one of the API's errors."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kctl.api.errors import ApiError
from tests.unit.crd.conftest import Extended, Object, crontab, definition

WORDS = [
    "type", "properties", "items", "additionalProperties", "required", "default", "enum",
    "anyOf", "not", "nullable", "format", "pattern", "minimum", "maxLength",
    "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-validations",
    "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string",
    "x-kubernetes-embedded-resource", "rule", "message", "metadata", "a", "b",
]  # fmt: skip
SCALARS = st.sampled_from(
    [None, True, False, 0, -1, 2.5, "", "object", "array", "string", "integer", "map", "set",
     "date-time", "[a-", "self.a", "self.b > 1", "oldSelf == self", "(" * 40, "\x00", "é"]
)  # fmt: skip
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)
_SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(JUNK, st.sampled_from(["properties", "items", "a", "anyOf", "additionalProperties"]))
@_SETTINGS
def test_any_schema_is_accepted_or_refused(extended: Extended, junk: Any, place: str) -> None:
    spec: Object = {"type": "object", "properties": {"a": {"type": "string"}}}
    if place == "a":
        spec["properties"]["a"] = junk
    elif place == "items":
        spec["properties"]["a"] = {"type": "array", "items": junk}
    else:
        spec[place] = junk
    world = Extended()
    with suppress(ApiError):
        world.api.create(definition(spec))
        with suppress(ApiError):
            world.api.create(crontab({"a": ["x", 1, None, {"a": "b"}]}))
    assert world.kinds.resolve("pods") is not None


@given(
    st.dictionaries(
        st.sampled_from(["spec", "names", "versions", "group", "scope", "status"]), JUNK
    )
)
@_SETTINGS
def test_any_definition_is_accepted_or_refused(extended: Extended, junk: Object) -> None:
    world = Extended()
    made = copy.deepcopy(definition())
    made["spec"] |= {name: value for name, value in junk.items() if name != "status"}
    with suppress(ApiError):
        world.api.create(made)
    assert world.kinds.resolve("pods") is not None


@given(JUNK)
@_SETTINGS
def test_any_status_of_a_definition_leaves_the_control_plane_alone(
    extended: Extended, junk: Any
) -> None:
    world = Extended()
    made = world.api.create(definition())
    for status in (junk, {"conditions": junk}, {"acceptedNames": junk}, {"conditions": [{}]}):
        with suppress(ApiError):
            world.api.update({**made, "status": status}, subresource="status")
        made = world.api.get(
            "customresourcedefinitions.apiextensions.k8s.io", "crontabs.example.com"
        )
        with suppress(ApiError):
            world.api.patch(
                "customresourcedefinitions.apiextensions.k8s.io", "crontabs.example.com", "",
                {"metadata": {"labels": {"a": "b"}}}, "merge",
            )  # fmt: skip
    assert world.kinds.resolve("pods") is not None


SPEC: Object = {
    "type": "object",
    "properties": {
        "a": {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "integer"}},
              "x-kubernetes-validations": [{"rule": "self.b > 0"}]}},
        "type": {"x-kubernetes-int-or-string": True},
        "items": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^a"}},
        "default": {"type": "object", "x-kubernetes-embedded-resource": True,
                    "x-kubernetes-preserve-unknown-fields": True},
        "format": {"type": "string", "format": "date-time"},
        "enum": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "not": {"type": "number", "not": {"minimum": 3}},
    },
    "x-kubernetes-validations": [{"rule": "!has(self.enum) || self.enum.size() > 0"}],
}  # fmt: skip


@given(st.dictionaries(st.sampled_from(WORDS), JUNK, max_size=4))
@_SETTINGS
def test_any_object_is_accepted_or_refused(extended: Extended, spec: Object) -> None:
    world = Extended()
    world.api.create(definition(SPEC))
    for validation in ("Strict", "Ignore"):
        with suppress(ApiError):
            world.api.create(crontab(spec), validation=validation)
            world.api.patch("ct", "c", "default", {"spec": spec}, "merge")
            break
