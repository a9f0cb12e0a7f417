"""Any object of any message survives the way to protobuf and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.api.errors import ApiError
from kctl.api.protobuf import decode, encode
from kctl.api.protobuf.table import GROUPS, message_of, names
from kctl.api.schema.schema import definition
from tests.unit.protobuf.strategies import objects

SERVED = (
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Secret"),
    ("v1", "PersistentVolume"),
    ("v1", "Event"),
    ("v1", "Binding"),
    ("v1", "DeleteOptions"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "DeleteOptions"),
    ("apps/v1", "StatefulSet"),
    ("batch/v1", "CronJob"),
    ("policy/v1", "Eviction"),
    ("autoscaling/v1", "Scale"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("networking.k8s.io/v1", "Ingress"),
    ("coordination.k8s.io/v1", "Lease"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("authentication.k8s.io/v1", "TokenReview"),
    ("authorization.k8s.io/v1", "SubjectAccessReview"),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
)


def meaning(value: Any) -> Any:
    """Without what is empty, zero or never set: protobuf fills that in and JSON may not."""
    if isinstance(value, dict):
        kept = {key: meaning(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item or item is True}
    if isinstance(value, list):
        return [meaning(item) for item in value]
    return None if value in ("", "0", 0, False) else value


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_object_comes_back_as_it_was(data: st.DataObject) -> None:
    api_version, kind = data.draw(st.sampled_from(SERVED))
    name = message_of(api_version, kind)
    assert name is not None
    obj = {"apiVersion": api_version, "kind": kind, **data.draw(objects(name))}
    body = encode(obj)
    back = decode(body)
    assert meaning(back) == meaning(obj)
    assert encode(back) == body


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_zeros_of_pointers_survive_and_no_others(data: st.DataObject) -> None:
    replicas = data.draw(st.sampled_from([0, 3, None]))
    paused = data.draw(st.booleans())
    spec: dict[str, Any] = {"paused": paused}
    if replicas is not None:
        spec["replicas"] = replicas
    back = decode(encode({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}))["spec"]
    assert back.get("replicas") == replicas
    assert back.get("paused", False) is paused
    assert ("paused" in back) is paused


def test_every_message_of_the_schema_has_its_fields() -> None:
    """The two tables agree on what JSON calls a field, whatever their sources."""
    for name in names():
        known = definition(name)
        if known is None:
            continue
        ours = (
            _json_names(name) | {"apiVersion", "kind"} | (CRD_STATUS if name[0] == "%" else set())
        )
        assert set(known.fields) <= ours, name


CRD_STATUS = {"observedGeneration"}
"""What is newer than the numbers that are known of definitions; servers write it."""


def test_a_definition_of_a_custom_kind_comes_through() -> None:
    schema = {
        "type": "object",
        "properties": {
            "list": {"type": "array", "items": {"type": "string", "maxLength": 5}},
            "tuple": {"items": [{"type": "string"}, {"type": "integer"}]},
            "map": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0.5}},
            "open": {"type": "object", "additionalProperties": True},
            "closed": {"type": "object", "additionalProperties": False},
            "choice": {"enum": ["a", None, 1, {"b": []}], "default": False, "maximum": 5},
            "deep": {"not": {"anyOf": [{"required": ["x"]}]}},
            "old": {"dependencies": {"a": ["b"], "c": {"type": "string"}}},
            "ref": {"$ref": "#/x", "x-kubernetes-int-or-string": True},
        },
        "x-kubernetes-validations": [{"rule": "self.x > 0", "message": "no"}],
    }
    version = {"name": "v1", "served": True, "storage": False}
    spec = {"group": "a.io", "scope": "Cluster", "names": {"plural": "xs", "kind": "X"}}
    obj = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "xs.a.io"},
        "spec": {**spec, "versions": [{**version, "schema": {"openAPIV3Schema": schema}}]},
    }
    body = encode(obj)
    back = decode(body)
    assert back["spec"] == obj["spec"]
    assert encode(back) == body


def _json_names(name: str) -> set[str]:
    from kctl.api.protobuf.table import message

    found: set[str] = set()
    for field in message(name).values():
        found |= _json_names(field.type) if field.inline else {field.name}
    return found


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_every_renamed_group_leads_to_messages(group: str) -> None:
    assert any(name.startswith(f"{GROUPS[group]}.") for name in names())


def test_a_kind_of_nobody_is_refused_both_ways() -> None:
    with pytest.raises(ApiError, match='no kind "Widget" is registered for version "a/v1"'):
        encode({"apiVersion": "a/v1", "kind": "Widget"})
    pod = encode({"apiVersion": "v1", "kind": "Pod"})
    with pytest.raises(ApiError, match='no kind "Ped" is registered for version "v1"'):
        decode(pod.replace(b"\x03Pod", b"\x03Ped"))
