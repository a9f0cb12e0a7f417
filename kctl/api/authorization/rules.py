"""Policy rules as values: taken apart, put together, compared.

The same few functions serve the escalation check, `describe`, `auth can-i --list` and
`auth reconcile`, as Kubernetes' component-helpers serve its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

Rule = dict[str, Any]
"""A PolicyRule: verbs, apiGroups, resources, resourceNames, nonResourceURLs."""

LISTS = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
"""The fields of a rule, in the order of the Go type."""

EVERYTHING: tuple[Rule, ...] = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
"""What a cluster administrator may do."""


def breakdown(rule: Rule) -> list[Rule]:
    """The rules of one verb on one resource (of one name), or on one URL, that `rule` is
    made of (BreakdownRule)."""
    parts: list[Rule] = []
    verbs = rule.get("verbs") or ()
    names = rule.get("resourceNames") or ()
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in verbs:
                part = {"verbs": [verb], "apiGroups": [group], "resources": [resource]}
                parts += [{**part, "resourceNames": [name]} for name in names] or [part]
    for url in rule.get("nonResourceURLs") or ():
        parts += [{"verbs": [verb], "nonResourceURLs": [url]} for verb in verbs]
    return parts


def compact(rules: Iterable[Rule]) -> list[Rule]:
    """Rules about the same resource (and name) as one with all their verbs; the others as
    they are, before them (CompactRules)."""
    others: list[Rule] = []
    simple: dict[tuple[str, str, str | None], Rule] = {}
    for rule in rules:
        about = _simple(rule)
        if about is None:
            others.append(rule)
            continue
        known = simple.setdefault(about, {**rule, "verbs": []})
        known["verbs"] += rule["verbs"]
    return others + list(simple.values())


def _simple(rule: Rule) -> tuple[str, str, str | None] | None:
    groups: Sequence[str] = rule.get("apiGroups") or ()
    resources: Sequence[str] = rule.get("resources") or ()
    names: Sequence[str] = rule.get("resourceNames") or ()
    if rule.get("nonResourceURLs") or len(groups) != 1 or len(resources) != 1 or len(names) > 1:
        return None
    return groups[0], resources[0], names[0] if names else None


def shown(rules: Sequence[Rule] | None) -> list[Rule]:
    """Rules as people are shown them: taken apart, compacted, in the order of their texts."""
    parts = [part for rule in rules or () for part in breakdown(rule)]
    return sorted(compact(parts), key=_go_text)


def _go_text(rule: Rule) -> str:
    """The text of Go's generated String method, which is what kubectl sorts by."""
    names = {"apiGroups": "APIGroups", "nonResourceURLs": "NonResourceURLs"}
    fields = (
        f"{names.get(name, name[0].upper() + name[1:])}:{go_list(rule.get(name))}" for name in LISTS
    )
    return "&PolicyRule{" + ",".join(fields) + ",}"


def go_list(values: Sequence[str] | None) -> str:
    """A list as Go's %v prints it: "[get list]"."""
    return "[" + " ".join(values or ()) + "]"


def quoted(values: Sequence[str] | None) -> str:
    """A list as Go's %q prints it."""
    return "[" + " ".join(json.dumps(each, ensure_ascii=False) for each in values or ()) + "]"


_COMPACT_ORDER = (
    ("APIGroups", "apiGroups"),
    ("Resources", "resources"),
    ("NonResourceURLs", "nonResourceURLs"),
    ("ResourceNames", "resourceNames"),
    ("Verbs", "verbs"),
)


def compact_text(rule: Rule) -> str:
    """A rule as error texts name it (CompactString)."""
    fields = [f"{title}:{quoted(rule[name])}" for title, name in _COMPACT_ORDER if rule.get(name)]
    return "{" + ", ".join(fields) + "}"


# --- who has what --------------------------------------------------------------------


def missing(owned: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """The parts of `wanted` that no rule of `owned` covers, [] where all are (Covers)."""
    return [
        part
        for rule in wanted
        for part in breakdown(rule)
        if not any(_covers(each, part) for each in owned)
    ]


def _covers(owner: Rule, part: Rule) -> bool:
    return (
        _has(owner, "verbs", part)
        and _has(owner, "apiGroups", part)
        and all(_resource(owner.get("resources") or (), each) for each in part.get("resources", ()))
        and all(
            url_matches(owner.get("nonResourceURLs") or (), each)
            for each in part.get("nonResourceURLs", ())
        )
        and _names(owner, part)
    )


def _has(owner: Rule, field: str, part: Rule) -> bool:
    owned = owner.get(field) or ()
    return "*" in owned or all(each in owned for each in part.get(field, ()))


def _names(owner: Rule, part: Rule) -> bool:
    owned = owner.get("resourceNames")
    if not owned:
        return True
    wanted = part.get("resourceNames")
    return bool(wanted) and all(each in owned for each in wanted or ())


def _resource(owned: Sequence[str], wanted: str) -> bool:
    if "*" in owned or wanted in owned:
        return True
    _, slash, subresource = wanted.partition("/")
    return bool(slash) and f"*/{subresource}" in owned


def url_matches(owned: Sequence[str], path: str) -> bool:
    """Whether one of the URLs of a rule, some with a star at their end, covers a path
    (NonResourceURLMatches)."""
    for url in owned:
        if url in ("*", path) or (url.endswith("*") and path.startswith(url.rstrip("*"))):
            return True
    return False
