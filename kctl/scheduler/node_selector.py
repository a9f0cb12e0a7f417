"""Node selector terms, as nodeSelector and node affinity use them.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kctl.scheduler.types import Object


def matches_any(terms: Iterable[Mapping[str, Any]], node: Object) -> bool:
    """Terms are alternatives; no term at all matches no node."""
    return any(matches_term(term, node) for term in terms)


def matches_term(term: Mapping[str, Any], node: Object) -> bool:
    """Expressions of a term hold together; an empty term matches nothing."""
    expressions = term.get("matchExpressions") or ()
    fields = term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    named = {"metadata.name": metadata["name"]}
    return all(holds(each, labels) for each in expressions) and all(
        holds(each, named) for each in fields
    )


def holds(expression: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """One requirement: In, NotIn, Exists, DoesNotExist, Gt, Lt."""
    name, wanted = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return values.get(name) in wanted
        case "NotIn":
            return values.get(name) not in wanted
        case "Exists":
            return name in values
        case "DoesNotExist":
            return name not in values
        case "Gt":
            return _compare(values.get(name), wanted, 1)
        case "Lt":
            return _compare(values.get(name), wanted, -1)
    return False


def _compare(value: str | None, wanted: Sequence[str], sign: int) -> bool:
    """Whole numbers only; anything else does not match."""
    if value is None or len(wanted) != 1:
        return False
    try:
        return (int(value) - int(wanted[0])) * sign > 0
    except ValueError:
        return False
