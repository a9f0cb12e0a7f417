"""`kctl describe ingressclass`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class IngressClassDescriber:
    """Who carries the traffic, and how it is told."""

    resource = "ingressclasses.networking.k8s.io"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec = obj["metadata"], obj.get("spec") or {}
        out.line(0, f"Name:\t{meta['name']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"Controller:\t{safe(spec.get('controller', ''))}")
        parameters = spec.get("parameters")
        if parameters:
            out.line(0, "Parameters:")
            if parameters.get("apiGroup"):
                out.line(1, f"APIGroup:\t{safe(parameters['apiGroup'])}")
            out.line(1, f"Kind:\t{safe(parameters.get('kind', ''))}")
            out.line(1, f"Name:\t{safe(parameters.get('name', ''))}")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()
