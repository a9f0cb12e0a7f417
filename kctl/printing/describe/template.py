"""A pod template, as the kinds that own pods show it."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.containers import container_lines
from kctl.printing.describe.parts import annotation_lines, label_lines
from kctl.printing.describe.spread import spread_lines
from kctl.printing.describe.tolerations import toleration_lines
from kctl.printing.describe.volumes import volume_lines
from kctl.printing.describe.writer import Writer

Object = dict[str, Any]


def template_lines(out: Writer, template: Object | None) -> None:
    """ "Pod Template:" with labels, containers, volumes and where it may go."""
    out.line(0, "Pod Template:")
    if template is None:
        out.line(1, "<unset>")
        return
    meta, spec = template.get("metadata") or {}, template.get("spec") or {}
    label_lines(out, "Labels", meta.get("labels"), 1)
    if meta.get("annotations"):
        annotation_lines(out, "Annotations", meta["annotations"], 1)
    if spec.get("serviceAccountName"):
        out.line(1, f"Service Account:\t{spec['serviceAccountName']}")
    if spec.get("initContainers"):
        container_lines(out, "Init Containers", spec["initContainers"], [], 1)
    container_lines(out, "Containers", spec.get("containers") or [], [], 1)
    volume_lines(out, spec.get("volumes"), "\t", 1)
    spread_lines(out, spec.get("topologySpreadConstraints"), 1)
    if spec.get("priorityClassName"):
        out.line(1, f"Priority Class Name:\t{spec['priorityClassName']}")
    label_lines(out, "Node-Selectors", spec.get("nodeSelector"), 1)
    toleration_lines(out, spec.get("tolerations"), 1)
