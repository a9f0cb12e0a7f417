"""Rules as values: taken apart, put together, compared."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kctl.api.authorization.grants import CompiledRule
from kctl.api.authorization.rules import (
    EVERYTHING,
    Rule,
    breakdown,
    compact,
    compact_text,
    missing,
    shown,
)
from tests.unit.authorization.roles import rule

_words = st.lists(st.sampled_from(["a", "b", "c", "*"]), min_size=1, max_size=3, unique=True)
_resources = st.lists(
    st.sampled_from(["a", "b", "a/x", "b/x", "*/x", "*"]), min_size=1, max_size=3, unique=True
)
_names = st.lists(st.sampled_from(["n", "m"]), max_size=2, unique=True)
_about_resources = st.fixed_dictionaries(
    {"verbs": _words, "apiGroups": _words, "resources": _resources, "resourceNames": _names}
)
_about_urls = st.fixed_dictionaries(
    {
        "verbs": _words,
        "nonResourceURLs": st.lists(
            st.sampled_from(["/a", "/a/*", "/b", "*"]), min_size=1, max_size=3, unique=True
        ),
    }
)
_rules = st.lists(st.one_of(_about_resources, _about_urls), max_size=4)


@given(_rules)
def test_everybody_covers_what_they_have(rules: list[Rule]) -> None:
    assert missing(rules, rules) == []
    assert missing(EVERYTHING, rules) == []


@given(_rules, _rules)
def test_what_is_missing_closes_the_gap(owned: list[Rule], wanted: list[Rule]) -> None:
    lacking = missing(owned, wanted)
    assert missing([*owned, *lacking], wanted) == []
    assert missing(owned, lacking) == lacking


@given(_rules)
def test_shown_rules_give_the_same_rights(rules: list[Rule]) -> None:
    assert missing(shown(rules), rules) == []
    assert missing(rules, shown(rules)) == []


@given(_about_resources)
def test_a_part_is_about_one_of_each(whole: Rule) -> None:
    parts = breakdown(whole)
    counts = [len(whole[name]) for name in ("verbs", "apiGroups", "resources")]
    assert len(parts) == counts[0] * counts[1] * counts[2] * max(len(whole["resourceNames"]), 1)
    assert all(len(values) == 1 for part in parts for values in part.values())


def test_a_subresource_of_all_resources_covers_that_of_one() -> None:
    assert missing([rule("get", "*/log")], [rule("get", "pods/log")]) == []
    assert missing([rule("get", "pods")], [rule("get", "pods/log")]) == [rule("get", "pods/log")]


def test_rights_on_a_name_are_no_rights_on_all() -> None:
    named = rule("get", "pods", resourceNames=["a"])
    assert missing([named], [rule("get", "pods")]) == [rule("get", "pods")]
    assert missing([rule("get", "pods")], [named]) == []


def test_verbs_of_one_resource_come_together() -> None:
    parts = [rule("get", "pods"), rule("get", nonResourceURLs=["/x"]), rule("list", "pods")]
    assert compact(parts) == [rule("get", nonResourceURLs=["/x"]), rule("get list", "pods")]


def test_a_rule_in_an_error_reads_as_kubernetes_writes_it() -> None:
    written = compact_text(rule("get list", "nodes", resourceNames=["a"]))
    assert written == (
        '{APIGroups:[""], Resources:["nodes"], ResourceNames:["a"], Verbs:["get" "list"]}'
    )


_questions = st.tuples(
    st.sampled_from(["a", "b", "z"]),
    st.sampled_from(["a", "b", "z"]),
    st.sampled_from(["a", "b", "z"]),
    st.sampled_from(["", "x", "y"]),
    st.sampled_from(["", "n", "z"]),
)


@given(_rules, _questions)
def test_who_is_allowed_covers_what_they_ask_for(
    rules: list[Rule], question: tuple[str, str, str, str, str]
) -> None:
    """The compiled rules and the comparison of rules agree on every single request."""
    verb, group, plural, subresource, name = question
    allowed = any(
        CompiledRule(each).allows(verb, group, plural, subresource, name) for each in rules
    )
    resource = f"{plural}/{subresource}" if subresource else plural
    asked: Rule = {"verbs": [verb], "apiGroups": [group], "resources": [resource]}
    if name:
        asked["resourceNames"] = [name]
    assert allowed is (missing(rules, [asked]) == [])


@given(_rules, st.sampled_from(["a", "z"]), st.sampled_from(["/a", "/a/b", "/z"]))
def test_the_same_holds_for_urls(rules: list[Rule], verb: str, path: str) -> None:
    allowed = any(CompiledRule(each).allows_path(verb, path) for each in rules)
    assert allowed is (missing(rules, [{"verbs": [verb], "nonResourceURLs": [path]}]) == [])
