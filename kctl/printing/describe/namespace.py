"""`kctl describe namespace`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.limitrange import limit_lines
from kctl.printing.describe.parts import annotation_lines, label_lines
from kctl.printing.describe.resourcequota import quota_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]


class NamespaceDescriber:
    """Labels, status, conditions; quotas and limits where there are any."""

    resource = "namespaces"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, status = obj["metadata"], obj.get("status") or {}
        out.line(0, f"Name:\t{meta['name']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"Status:\t{status.get('phase', '')}")
        if status.get("conditions"):
            out.line(0, "Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage")
            out.line(1, "----\t------\t------------------\t------\t-------")
            for each in status["conditions"]:
                out.line(
                    1,
                    f"{each['type']}\t{each['status']}\t{each.get('lastTransitionTime', '')}\t"
                    f"{each.get('reason', '')}\t{each.get('message', '')}",
                )
        out.line(0, "")
        quota_lines(out, list(related.list("resourcequotas", meta["name"])))
        out.line(0, "")
        limit_lines(out, list(related.list("limitranges", meta["name"])))
        return out.text()
