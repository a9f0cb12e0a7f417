from __future__ import annotations

import time

import pytest

from kctl.api.manifests import ManifestError, load
from kctl.api.yaml_out import dump_all, dump_yaml

LEVELS = "bcdefghij"
BOMBS = {
    "brackets": "a: " + "[" * 50_000,
    "braces": "{" * 50_000,
    "json": '{"a":' * 50_000,
    "indentation": "".join(" " * depth + "a:\n" for depth in range(3_000)),
    "aliases": 'a: &a ["x","x","x","x","x","x","x","x","x"]\n'
    + "\n".join(
        f"{name}: &{name} [" + ",".join([f"*{chr(ord(name) - 1)}"] * 9) + "]" for name in LEVELS
    ),
    "an alias of itself": "a: &a [*a]",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_in_bounded_time(name):
    started = time.monotonic()
    with pytest.raises(ManifestError, match=r"^error parsing bomb\.yaml: "):
        load(BOMBS[name], "bomb.yaml")
    assert time.monotonic() - started < 5


def test_documents_know_their_source_and_empty_ones_are_left_out():
    found = load("---\na: 1\n---\n---\n# nothing\n--- # two\nb: 2\n", "x.yaml")
    assert [(each.obj, each.source) for each in found] == [
        ({"a": 1}, "x.yaml"),
        ({"b": 2}, "x.yaml"),
    ]


def test_bytes_and_a_byte_order_mark():
    assert load("\ufeffa: é\n".encode(), "x")[0].obj == {"a": "é"}


def test_what_is_written_reads_as_it_was():
    obj = {"b": ["yes", "", "a: b", " x", "1e3", "multi\nline\n", None, True, 1.5], "a": {"x": []}}
    assert load(dump_yaml(obj), "x")[0].obj == obj
    assert [each.obj for each in load(dump_all([obj, obj]), "x")] == [obj, obj]
