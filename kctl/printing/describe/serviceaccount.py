"""`kctl describe serviceaccount`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]


class ServiceAccountDescriber:
    """The secrets that its pods pull images with."""

    resource = "serviceaccounts"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        names = [each["name"] for each in obj.get("imagePullSecrets") or []]
        out.line(0, f"Image pull secrets:\t{names[0] if names else '<none>'}")
        for name in names[1:]:
            out.line(0, f"\t{name}")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()
