"""Taints and tolerations.

https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    """An empty effect matches all effects; an empty key with Exists matches all taints."""
    effect = toleration.get("effect")
    if effect and effect != taint.get("effect"):
        return False
    key = toleration.get("key")
    if key and key != taint["key"]:
        return False
    value, other = toleration.get("value") or "", taint.get("value") or ""
    match toleration.get("operator") or "Equal":
        case "Equal":
            return bool(key) and value == other
        case "Exists":
            return True
        case "Lt":
            return _is_number(value) and _is_number(other) and int(other) < int(value)
        case "Gt":
            return _is_number(value) and _is_number(other) and int(other) > int(value)
    return False


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdigit() and text.isascii()


def tolerated(taint: Mapping[str, Any], tolerations: Iterable[Mapping[str, Any]]) -> bool:
    return any(tolerates(each, taint) for each in tolerations)


def untolerated(
    taints: Iterable[Mapping[str, Any]],
    tolerations: Iterable[Mapping[str, Any]],
    effects: frozenset[str],
) -> Mapping[str, Any] | None:
    """The first taint with one of `effects` that no toleration matches."""
    tolerations = tuple(tolerations)
    for taint in taints:
        if taint.get("effect") in effects and not tolerated(taint, tolerations):
            return taint
    return None
