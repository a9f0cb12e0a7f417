from __future__ import annotations

import time

import pytest

from kctl.api.errors import ApiError
from kctl.api.kinds.apps.deployment import KIND as DEPLOYMENT
from kctl.api.kinds.core.secret import KIND as SECRET
from kctl.api.schema.decode import decode, load_json
from kctl.api.schema.readers import struct
from kctl.api.schema.schema import definition, definitions


def pod_spec(**fields):
    return {"spec": {"template": {"spec": fields}}}


def read(obj):
    return decode(DEPLOYMENT, obj)[0]


def test_every_definition_of_the_table_has_a_reader():
    assert len(definitions()) > 800
    for name in definitions():
        assert struct(name)({}, "", None) == {}
        found = definition(name)
        for field in found.fields.values():
            inner = field.type.lstrip("[]{}")
            assert not inner.startswith("@") or definition(inner[1:]) is not None, (name, field)


def test_list_and_merge_keys_are_there():
    containers = definition("io.k8s.api.core.v1.PodSpec").fields["containers"]
    assert (containers.listing, containers.keys) == ("map", ("name",))
    assert (containers.strategy, containers.merge_key) == ("merge", "name")
    volumes = definition("core.v1.PodSpec").fields["volumes"]
    assert volumes.merges
    assert volumes.retains_keys


def test_nulls_and_empty_collections_vanish_and_empty_structs_stay():
    spec = pod_spec(
        nodeSelector={}, tolerations=[], securityContext={}, hostname=None, containers=[]
    )
    assert read(spec) == pod_spec(securityContext={}, containers=[])


def test_quantities_and_times_become_canonical():
    limits = {"cpu": 0.5, "memory": "1024Mi", "x.io/gpu": 1}
    spec = pod_spec(containers=[{"name": "a", "resources": {"limits": limits}}])
    found = read(spec)["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert found == {"cpu": "500m", "memory": "1Gi", "x.io/gpu": "1"}
    obj = {"metadata": {"creationTimestamp": "2026-01-01T02:00:00.5+02:00"}}
    assert read(obj)["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"


def test_integral_floats_are_integers():
    assert read({"spec": {"replicas": 3.0}})["spec"] == {"replicas": 3}


def test_base64_is_checked():
    with pytest.raises(ApiError, match="illegal base64 data at input byte 4"):
        decode(SECRET, {"data": {"a": "YWJj!"}})
    assert decode(SECRET, {"data": {"a": "YWJj"}})[0] == {"data": {"a": "YWJj"}}


def test_the_result_shares_nothing_with_the_argument():
    obj = pod_spec(containers=[{"name": "a", "args": ["x"]}])
    read(obj)["spec"]["template"]["spec"]["containers"][0]["args"].append("y")
    assert obj == pod_spec(containers=[{"name": "a", "args": ["x"]}])


def test_duplicate_fields_of_a_json_text_are_found():
    raw = b'{"a": 1, "b": {"c": 1, "c": 2}, "l": [{"x": 1, "x": 1}], "a": 3}'
    value, duplicates = load_json(raw)
    assert value == {"a": 3, "b": {"c": 2}, "l": [{"x": 1}]}
    assert sorted(duplicates) == [
        'duplicate field "a"',
        'duplicate field "b.c"',
        'duplicate field "l[0].x"',
    ]


def test_nesting_without_end_is_refused_in_bounded_time():
    deep: dict = {}
    inside = deep
    for _ in range(5000):
        inside["properties"] = {"x": {}}
        inside = inside["properties"]["x"]
    started = time.monotonic()
    with pytest.raises(ApiError):
        read({"metadata": {"annotations": deep}})
    assert time.monotonic() - started < 2
