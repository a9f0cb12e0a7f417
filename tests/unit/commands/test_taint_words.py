"""Taints as kubectl reads them."""

from __future__ import annotations

import pytest

from kctl.commands.command import UsageError
from kctl.commands.taint_words import parse_taints


@pytest.mark.parametrize(
    ("word", "taint"),
    [
        ("a=b:NoSchedule", {"key": "a", "value": "b", "effect": "NoSchedule"}),
        ("a:NoExecute", {"key": "a", "effect": "NoExecute"}),
        ("a=:NoExecute", {"key": "a", "value": "", "effect": "NoExecute"}),
        (
            "example.com/a=b:PreferNoSchedule",
            {"key": "example.com/a", "value": "b", "effect": "PreferNoSchedule"},
        ),
    ],
)
def test_key_value_and_effect(word: str, taint: dict[str, str]) -> None:
    assert parse_taints([word]) == [taint]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["a"], "invalid taint spec: a"),
        (["a=b"], "invalid taint spec: a=b"),
        (["a=b:NoSchedule:x"], "invalid taint spec: a=b:NoSchedule:x"),
        (["a=b=c:NoSchedule"], "invalid taint spec: a=b=c:NoSchedule"),
        (["a=b:Foo"], "invalid taint effect: Foo, unsupported taint effect"),
        (["a=b!:NoSchedule"], "invalid taint spec: a=b!:NoSchedule, a valid label must be"),
        (["=b:NoSchedule"], "invalid taint spec: =b:NoSchedule, name part must be non-empty"),
        (
            ["a=b:NoSchedule", "a=c:NoSchedule"],
            "duplicated taints with the same key and effect: {a c NoSchedule <nil>}",
        ),
    ],
)
def test_what_is_no_taint_is_refused_in_kubectls_words(words: list[str], text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_taints(words)
    assert raised.value.message.startswith(text)
