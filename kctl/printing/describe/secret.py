"""`kctl describe secret`."""

from __future__ import annotations

import base64
from typing import Any

from kctl.printing.describe.parts import annotation_lines, label_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]


class SecretDescriber:
    """The sizes of the values, never the values."""

    resource = "secrets"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"\nType:\t{obj.get('type', '')}")
        out.line(0, "\nData\n====")
        data = obj.get("data") or {}
        for key in sorted(data):
            out.line(0, f"{key}:\t{len(base64.b64decode(data[key]))} bytes")
        return out.text()
