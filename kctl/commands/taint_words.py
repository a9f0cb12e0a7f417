"""Taints as people write them: key=value:Effect, in kubectl's meaning and words."""

from __future__ import annotations

from collections.abc import Sequence

from kctl.api import names
from kctl.commands.command import UsageError

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def parse_taints(words: Sequence[str]) -> list[dict[str, str]]:
    """One taint a word, unique by key and effect. Raises UsageError."""
    found: list[dict[str, str]] = []
    for word in words:
        taint = parse_taint(word)
        if any((each["key"], each["effect"]) == (taint["key"], taint["effect"]) for each in found):
            shown = f"{{{taint['key']} {taint.get('value', '')} {taint['effect']} <nil>}}"
            raise UsageError(f"duplicated taints with the same key and effect: {shown}")
        found.append(taint)
    return found


def parse_taint(word: str) -> dict[str, str]:
    """ "dedicated=db:NoSchedule" or "dedicated:NoSchedule". Raises UsageError."""
    pair, colon, effect = word.partition(":")
    if not colon or ":" in effect:
        raise UsageError(f"invalid taint spec: {word}")
    if effect not in EFFECTS:
        raise UsageError(f"invalid taint effect: {effect}, unsupported taint effect")
    key, equals, value = pair.partition("=")
    if "=" in value:
        raise UsageError(f"invalid taint spec: {word}")
    problems = names.label_value(value) or names.qualified_name(key)
    if problems:
        raise UsageError(f"invalid taint spec: {word}, {'; '.join(problems)}")
    return {"key": key, "value": value, "effect": effect} if equals else _bare(key, effect)


def _bare(key: str, effect: str) -> dict[str, str]:
    return {"key": key, "effect": effect}
