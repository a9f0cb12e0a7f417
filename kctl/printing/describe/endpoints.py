"""`kctl describe endpoints`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]


class EndpointsDescriber:
    """The addresses behind a service, ready and not, with their ports."""

    resource = "endpoints"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, "Subsets:")
        for subset in obj.get("subsets") or []:
            _subset(out, subset)
        out.line(0, "")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _subset(out: Writer, subset: Object) -> None:
    for title, field in (("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")):
        listed = ",".join(each["ip"] for each in subset.get(field) or [])
        out.line(1, f"{title}:\t{listed or '<none>'}")
    if subset.get("ports"):
        out.line(1, "Ports:")
        out.line(2, "Name\tPort\tProtocol")
        out.line(2, "----\t----\t--------")
        for each in subset["ports"]:
            name = each.get("name") or "<unset>"
            out.line(2, f"{name}\t{each['port']}\t{each.get('protocol', 'TCP')}")
    out.line(0, "")
