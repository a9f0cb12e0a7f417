"""The algebra of field sets, against sets of paths; and what their JSON may look like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kctl.api.apply import elements, fields
from kctl.api.apply.fields import Fields, Path

ELEMENTS = st.sampled_from(
    ["f:a", "f:b", 'k:{"name":"x"}', 'k:{"containerPort":80,"protocol":"TCP"}', 'v:"y"', "v:1"]
)
PATHS = st.frozensets(
    st.lists(ELEMENTS, min_size=1, max_size=4).map(tuple), min_size=0, max_size=12
)


def built(paths: frozenset[Path]) -> Fields:
    result: Fields = {}
    for path in paths:
        result = fields.union(result, fields.of_path(*path))
    return result


def listed(found: Fields) -> frozenset[Path]:
    return frozenset(fields.paths(found))


@given(PATHS)
def test_a_set_holds_the_paths_that_made_it(paths: frozenset[Path]) -> None:
    assert listed(built(paths)) == paths
    assert all(fields.has(built(paths), path) for path in paths)


@given(PATHS, PATHS)
def test_the_operations_are_those_of_sets_of_paths(
    one: frozenset[Path], other: frozenset[Path]
) -> None:
    a, b = built(one), built(other)
    assert listed(fields.union(a, b)) == one | other
    assert listed(fields.difference(a, b)) == one - other
    assert listed(fields.intersection(a, b)) == one & other
    below = {path for path in one if any(path[: len(each)] == each for each in other)}
    assert listed(fields.without(a, b)) == one - below


@given(PATHS, PATHS)
def test_equal_sets_are_equal_json(one: frozenset[Path], other: frozenset[Path]) -> None:
    a, b = built(one), built(other)
    assert (fields.union(a, b) == fields.union(b, a)) and (
        fields.difference(a, b) == built(one - other)
    )
    assert fields.intersection(a, b) == built(one & other)


@given(PATHS)
def test_what_was_written_reads_back_the_same(paths: frozenset[Path]) -> None:
    stored = built(paths)
    assert fields.read(json.loads(json.dumps(stored))) == stored


def test_a_clients_spelling_becomes_the_one_that_is_kept() -> None:
    sent: Any = {"f:spec": {'k:{"protocol": "TCP", "containerPort": 80}': {".": {}}}}
    assert fields.read(sent) == {"f:spec": {'k:{"containerPort":80,"protocol":"TCP"}': {}}}


@pytest.mark.parametrize(
    "sent", [[], {"spec": {}}, {"f:a": []}, {"k:{": {}}, {"k:3": {}}, {"i:x": {}}, {"z:1": {}}]
)
def test_what_is_no_set_is_refused(sent: Any) -> None:
    with pytest.raises(ValueError):
        fields.read(sent)


def test_paths_come_in_the_order_of_conflicts_and_read_like_kubernetes() -> None:
    found = {
        "f:spec": {
            "f:ports": {
                'k:{"port":443}': {".": {}, "f:name": {}},
                'k:{"port":80}': {},
            },
            "f:finalizers": {'v:"a"': {}},
            "f:replicas": {},
            "f:list": {"i:3": {}},
        }
    }
    assert [elements.shown(path) for path in fields.paths(found)] == [
        ".spec.replicas",
        '.spec.finalizers[="a"]',
        ".spec.list[3]",
        ".spec.ports[port=80]",
        ".spec.ports[port=443]",
        ".spec.ports[port=443].name",
    ]
