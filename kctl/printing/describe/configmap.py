"""`kctl describe configmap`."""

from __future__ import annotations

import base64
from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class ConfigMapDescriber:
    """Data in full, binary data as sizes."""

    resource = "configmaps"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, "\nData\n====")
        data = obj.get("data") or {}
        for key in sorted(data):
            out.line(0, f"{key}:\n----")
            out.line(0, f"{safe(data[key])}\n")
        out.line(0, "\nBinaryData\n====")
        binary = obj.get("binaryData") or {}
        for key in sorted(binary):
            out.line(0, f"{key}: {len(base64.b64decode(binary[key]))} bytes")
        out.line(0, "")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()
