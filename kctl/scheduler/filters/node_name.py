"""A pod that names its node goes nowhere else (NodeName)."""

from __future__ import annotations

from kctl.scheduler.types import NodeInfo, Object


class NodeName:
    name = "NodeName"

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        wanted = pod["spec"].get("nodeName")
        if wanted and wanted != info.name:
            return ("node(s) didn't match the requested node name",)
        return ()

    def eviction_helps(self, pod: Object, info: NodeInfo) -> bool:
        return False

    def explain(self, pod: Object) -> str:
        wanted = pod["spec"].get("nodeName")
        return f"node {wanted}" if wanted else ""
