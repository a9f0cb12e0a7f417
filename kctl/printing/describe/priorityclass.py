"""`kctl describe priorityclass`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import event_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class PriorityClassDescriber:
    """The number, and whose it is."""

    resource = "priorityclasses.scheduling.k8s.io"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Value:\t{obj.get('value', 0)}")
        out.line(0, f"GlobalDefault:\t{'true' if obj.get('globalDefault') else 'false'}")
        out.line(0, f"PreemptionPolicy:\t{obj.get('preemptionPolicy', '')}")
        out.line(0, f"Description:\t{safe(obj.get('description', ''))}")
        annotations = meta.get("annotations") or {}
        listed = ",".join(f"{name}={annotations[name]}" for name in sorted(annotations))
        out.line(0, f"Annotations:\t{safe(listed) or '<none>'}")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()
