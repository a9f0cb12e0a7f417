"""The scopes of a ResourceQuota: of which pods it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.kinds.shared.qos import qos_class

Object = dict[str, Any]


def scoped(spec: Mapping[str, Any]) -> bool:
    """A quota with scopes speaks of nothing but pods."""
    return bool(spec.get("scopes") or (spec.get("scopeSelector") or {}).get("matchExpressions"))


def in_scope(spec: Mapping[str, Any], resource: str, obj: Object) -> bool:
    """Whether an object falls under a quota."""
    if not scoped(spec):
        return True
    if resource != "pods":
        return False
    if not all(_is(name, obj) for name in spec.get("scopes") or ()):
        return False
    expressions = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    return all(_matches(each, obj) for each in expressions)


def _matches(expression: Mapping[str, Any], pod: Object) -> bool:
    name, operator = expression["scopeName"], expression["operator"]
    if name != "PriorityClass":
        return _is(name, pod) is (operator != "DoesNotExist")
    value = pod["spec"].get("priorityClassName") or ""
    values = expression.get("values") or ()
    match operator:
        case "Exists":
            return bool(value)
        case "DoesNotExist":
            return not value
        case "In":
            return value in values
        case _:
            return value not in values


def _is(name: str, pod: Object) -> bool:
    spec = pod["spec"]
    match name:
        case "Terminating":
            return spec.get("activeDeadlineSeconds") is not None
        case "NotTerminating":
            return spec.get("activeDeadlineSeconds") is None
        case "BestEffort":
            return qos_class(spec) == "BestEffort"
        case "NotBestEffort":
            return qos_class(spec) != "BestEffort"
        case "CrossNamespacePodAffinity":
            return _crosses(spec)
        case "PriorityClass":
            return bool(spec.get("priorityClassName"))
    return False


def _crosses(spec: Mapping[str, Any]) -> bool:
    """A term of its pod affinity looks into other namespaces."""
    affinity = spec.get("affinity") or {}
    for kind in ("podAffinity", "podAntiAffinity"):
        found = affinity.get(kind) or {}
        terms = [*(found.get("requiredDuringSchedulingIgnoredDuringExecution") or ())]
        terms += [
            each.get("podAffinityTerm") or {}
            for each in found.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        ]
        if any(t.get("namespaces") or t.get("namespaceSelector") is not None for t in terms):
            return True
    return False
