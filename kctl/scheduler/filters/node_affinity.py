"""nodeSelector and required node affinity (NodeAffinity)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.scheduler.node_selector import matches_any
from kctl.scheduler.types import NodeInfo, Object


class NodeAffinity:
    name = "NodeAffinity"

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        if self.admits(pod, info.node):
            return ()
        return ("node(s) didn't match Pod's node affinity/selector",)

    def admits(self, pod: Object, node: Object) -> bool:
        """Whether the pod may go to this node, as far as its own wishes go."""
        spec = pod["spec"]
        if not spec.get("nodeSelector") and not spec.get("affinity"):
            return True
        return _selected(spec, node) and _required_holds(spec, node)

    def eviction_helps(self, pod: Object, info: NodeInfo) -> bool:
        return False

    def explain(self, pod: Object) -> str:
        selector = pod["spec"].get("nodeSelector") or {}
        parts = [f"{name}={value}" for name, value in sorted(selector.items())]
        if _required(pod["spec"]) is not None:
            parts.append("required node affinity")
        return ", ".join(parts)


def _selected(spec: Mapping[str, Any], node: Object) -> bool:
    labels = node["metadata"].get("labels") or {}
    wanted = spec.get("nodeSelector") or {}
    return all(labels.get(name) == value for name, value in wanted.items())


def _required(spec: Mapping[str, Any]) -> Mapping[str, Any] | None:
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required: Mapping[str, Any] | None = affinity.get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    return required


def _required_holds(spec: Mapping[str, Any], node: Object) -> bool:
    required = _required(spec)
    return required is None or matches_any(required.get("nodeSelectorTerms") or (), node)
