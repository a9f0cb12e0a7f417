"""Descriptions come from an installed package, as the API's documentation has them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from kctl.api.kinds.plugin import kctl_kinds
from kctl.api.openapi import Documents, descriptions
from kctl.api.openapi.descriptions import Described, describe, field_text, unwrapped
from kctl.api.openapi.names import long_name
from kctl.api.schema.schema import definition, definitions

REFERENCE = (
    Path(kubernetes_validate.__file__).parent
    / "kubernetes-json-schema" / "v1.37.0-local" / "_definitions.json"
)  # fmt: skip


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(REFERENCE.read_text())["$defs"]
    return found


def test_nearly_every_field_has_its_words(reference: dict[str, Any]) -> None:
    """The words are compared with another package's; breaks between lines may differ."""
    same = other = 0
    for name in definitions():
        told, official = describe(name), reference[long_name(name)]
        known = definition(name)
        assert known is not None
        for field in known.fields:
            text = official["properties"][field].get("description", "")
            if plain(field_text(told, field)) == plain(text):
                same += 1
            else:
                other += 1
    assert same > 3000
    assert other < same / 100


def test_most_texts_are_the_same_with_their_paragraphs(reference: dict[str, Any]) -> None:
    fields = [
        (field_text(describe(name), field), reference[long_name(name)]["properties"][field])
        for name in definitions()
        for field in (definition(name) or definition("core.v1.Pod")).fields  # type: ignore[union-attr]
    ]
    exact = sum(text == official.get("description", "").rstrip() for text, official in fields)
    assert exact > len(fields) * 0.95


def test_soft_breaks_go_and_hard_ones_stay() -> None:
    first = "word " * 15
    text = f"{first.strip()}\n    following\n    end.\n\n    A list:\n      - one\n    tail"
    assert unwrapped(text, 4) == (f"{first.strip()} following\n\nend.\n\nA list:\n  - one\ntail")


def test_names_that_python_cannot_have_are_found() -> None:
    known = Described("", {"x_a_b": "one", "_ref": "two", "plain": "three"})
    found = [field_text(known, each) for each in ("x-a-b", "$ref", "plain", "absent")]
    assert found == ["one", "two", "three", ""]
    assert describe("+meta.v1.ListMeta").fields["continue"]


def test_without_the_package_there_are_types_and_no_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    with_texts = Documents(kctl_kinds())
    described = with_texts.v3("api/v1")["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]
    before = with_texts.v3_hash("api/v1")
    monkeypatch.setattr(descriptions, "_folder", lambda: None)
    monkeypatch.setattr("kctl.api.openapi.documents.edition", lambda: "")
    descriptions._module.cache_clear()
    bare = with_texts.v3("api/v1")["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]
    after = Documents(kctl_kinds()).v3_hash("api/v1")
    descriptions._module.cache_clear()
    assert set(bare["properties"]) == set(described["properties"])
    assert "description" in described and "description" not in bare
    assert bare["properties"]["nodeName"] == {"type": "string"}
    assert before != after
