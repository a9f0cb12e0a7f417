"""`kctl describe rolebinding` and `kctl describe clusterrolebinding`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import annotation_lines, label_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class RoleBindingDescriber:
    """The role, and who has it."""

    def __init__(self, resource: str) -> None:
        self.resource = resource

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, reference = obj["metadata"], obj.get("roleRef") or {}
        out.line(0, f"Name:\t{meta['name']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, "Role:")
        out.line(1, f"Kind:\t{safe(reference.get('kind', ''))}")
        out.line(1, f"Name:\t{safe(reference.get('name', ''))}")
        out.line(0, "Subjects:")
        out.line(1, "Kind\tName\tNamespace")
        out.line(1, "----\t----\t---------")
        for subject in obj.get("subjects") or ():
            cells = (subject.get(name, "") for name in ("kind", "name", "namespace"))
            out.line(1, "\t".join(safe(cell) for cell in cells))
        return out.text()
