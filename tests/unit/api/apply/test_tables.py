"""The shapes of the built-in types: what the schema table says, and what is added to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import orjson
import pytest

from kctl.api.apply import tables
from kctl.api.apply.compare import created, whole
from kctl.api.apply.shapes import Shape
from kctl.api.apply.tables import struct
from kctl.api.schema.schema import definition, definitions, shortened


@pytest.fixture(scope="module")
def source() -> dict[str, Any]:
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    text = (folder / "v1.37.0-local" / "_definitions.json").read_bytes()
    found: dict[str, Any] = orjson.loads(text)["$defs"]
    return found


def test_the_atomic_structs_are_those_of_the_api(source: dict[str, Any]) -> None:
    declared = {
        shortened(name)
        for name, each in source.items()
        if each.get("x-kubernetes-map-type") == "atomic"
    }
    of_old_versions = {each for each in declared if "alpha" in each or "beta" in each}
    assert declared - of_old_versions == tables.ATOMIC


def test_every_type_has_a_shape_and_every_key_is_a_field() -> None:
    for name in definitions():
        for field, member in struct(name).fields.items():
            shape = member.type
            assert member.element == f"f:{field}"
            if shape.form == Shape.LIST and shape.keys:
                assert shape.item is not None
                assert {key for key, _ in shape.keys} <= set(shape.item.fields), (name, field)


def test_what_is_always_there_exists() -> None:
    for owner, field in tables._MORE_STRUCTS:
        found = definition(owner)
        assert found is not None and found.fields[field].type.startswith("@"), (owner, field)


@pytest.mark.parametrize(
    ("name", "spec", "owned"),
    [
        (
            "apps.v1.StatefulSet",
            {"updateStrategy": {"type": "OnDelete"}, "volumeClaimTemplates": [{"spec": {}}]},
            {"f:updateStrategy": {"f:type": {}}, "f:volumeClaimTemplates": {}},
        ),
        (
            "apps.v1.ReplicaSet",
            {"template": {"spec": {"hostNetwork": True}}},
            {"f:template": {"f:spec": {"f:hostNetwork": {}}}},
        ),
        (
            "networking.v1.Ingress",
            {"rules": [{"host": "a"}], "ingressClassName": "x"},
            {"f:rules": {}, "f:ingressClassName": {}},
        ),
        (
            "core.v1.Node",
            {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"], "taints": [{"key": "a"}]},
            {
                "f:podCIDR": {},
                "f:podCIDRs": {".": {}, 'v:"10.0.0.0/24"': {}},
                "f:taints": {},
            },
        ),
        (
            "core.v1.PersistentVolumeClaim",
            {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            {
                "f:accessModes": {},
                "f:resources": {"f:requests": {".": {}, "f:storage": {}}},
            },
        ),
        (
            "autoscaling.v2.HorizontalPodAutoscaler",
            {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}},
            {"f:maxReplicas": {}, "f:scaleTargetRef": {"f:kind": {}, "f:name": {}}},
        ),
    ],
)
def test_what_a_create_owns(name: str, spec: dict[str, Any], owned: dict[str, Any]) -> None:
    assert created(struct(name), {"spec": spec}) == {"f:spec": owned}


def test_a_volume_and_a_variable_in_a_pod() -> None:
    pod = {
        "volumes": [{"name": "v", "emptyDir": {}}, {"name": "c", "configMap": {"name": "x"}}],
        "containers": [
            {
                "name": "c",
                "resources": {"limits": {"cpu": "1"}},
                "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
            }
        ],
        "imagePullSecrets": [{"name": "p"}],
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "a"}],
    }
    found = whole(struct("core.v1.PodSpec"), pod)
    assert found == {
        ".": {},
        "f:volumes": {
            ".": {},
            'k:{"name":"v"}': {".": {}, "f:name": {}, "f:emptyDir": {}},
            'k:{"name":"c"}': {".": {}, "f:name": {}, "f:configMap": {".": {}, "f:name": {}}},
        },
        "f:containers": {
            ".": {},
            'k:{"name":"c"}': {
                ".": {},
                "f:name": {},
                "f:resources": {".": {}, "f:limits": {".": {}, "f:cpu": {}}},
                "f:env": {
                    ".": {},
                    'k:{"name":"E"}': {
                        ".": {},
                        "f:name": {},
                        "f:valueFrom": {".": {}, "f:secretKeyRef": {}},
                    },
                },
                "f:volumeMounts": {
                    ".": {},
                    'k:{"mountPath":"/v"}': {".": {}, "f:name": {}, "f:mountPath": {}},
                },
            },
        },
        "f:imagePullSecrets": {".": {}, 'k:{"name":"p"}': {}},
        "f:nodeSelector": {},
        "f:tolerations": {},
    }
