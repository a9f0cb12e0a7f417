"""Pod affinity terms: which pods they mean, and where.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kctl.api.selectors import Nothing, Selector, from_object
from kctl.scheduler.types import Object

NAMESPACE_LABEL = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of one pod, ready to be matched against others."""

    topology_key: str
    selector: Selector | Nothing
    namespaces: frozenset[str]
    namespace_selector: Selector | Nothing

    def means(self, pod: Object) -> bool:
        """A namespace selector sees the label that names a namespace; other labels of
        namespaces are unknown here, and do not match."""
        metadata = pod["metadata"]
        namespace = metadata.get("namespace", "")
        if namespace not in self.namespaces and not self.namespace_selector.matches(
            {NAMESPACE_LABEL: namespace}
        ):
            return False
        return self.selector.matches(metadata.get("labels"))


def required_terms(pod: Object, which: str) -> Sequence[Mapping[str, Any]]:
    """`which` is "podAffinity" or "podAntiAffinity"."""
    rules = (pod["spec"].get("affinity") or {}).get(which) or {}
    return rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ()


def preferred_terms(pod: Object, which: str) -> Sequence[Mapping[str, Any]]:
    """With their weights: {"weight": 1, "podAffinityTerm": {...}}."""
    rules = (pod["spec"].get("affinity") or {}).get(which) or {}
    return rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ()


def term_of(term: Mapping[str, Any], pod: Object) -> Term:
    """A term as `pod` means it: without namespaces it is about the pod's own."""
    metadata = pod["metadata"]
    namespaces = frozenset(term.get("namespaces") or ())
    if not namespaces and term.get("namespaceSelector") is None:
        namespaces = frozenset((metadata.get("namespace", ""),))
    return Term(
        term["topologyKey"],
        from_object(with_label_keys(term, metadata.get("labels") or {})),
        namespaces,
        from_object(term.get("namespaceSelector")),
    )


def with_label_keys(term: Mapping[str, Any], labels: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The label selector of a term together with its matchLabelKeys and
    mismatchLabelKeys, whose values come from the pod's own labels."""
    selector: Mapping[str, Any] | None = term.get("labelSelector")
    operators = {"matchLabelKeys": "In", "mismatchLabelKeys": "NotIn"}
    added = [
        {"key": key, "operator": operator, "values": [labels[key]]}
        for name, operator in operators.items()
        for key in term.get(name) or ()
        if key in labels
    ]
    if selector is None or not added:
        return selector
    return {**selector, "matchExpressions": [*(selector.get("matchExpressions") or ()), *added]}


def domain(node: Object, key: str) -> str | None:
    """The value of a topology key on a node; None where the node has no such label."""
    value = (node["metadata"].get("labels") or {}).get(key)
    return None if value is None else str(value)
