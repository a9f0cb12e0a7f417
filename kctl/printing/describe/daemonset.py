"""`kctl describe daemonset`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import (
    annotation_lines,
    event_lines,
    label_lines,
    selector_text,
)
from kctl.printing.describe.replicaset import phases
from kctl.printing.describe.template import template_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]

_COUNTS = (
    ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
    ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
    ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
    ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
    ("Number of Nodes Misscheduled", "numberMisscheduled"),
)


class DaemonSetDescriber:
    """On how many nodes it is, and its template."""

    resource = "daemonsets.apps"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        out.line(0, f"Selector:\t{selector_text(spec.get('selector'))}")
        pod = (spec.get("template") or {}).get("spec") or {}
        chosen = pod.get("nodeSelector") or {}
        listed = ",".join(f"{name}={chosen[name]}" for name in sorted(chosen))
        out.line(0, f"Node-Selector:\t{safe(listed) or '<none>'}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        for title, name in _COUNTS:
            out.line(0, f"{title}: {status.get(name, 0)}")
        out.line(0, f"Pods Status:\t{phases(obj, related)}")
        template_lines(out, spec.get("template"))
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()
