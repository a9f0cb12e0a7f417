"""`kctl describe endpointslice`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]


class EndpointSliceDescriber:
    """Ports, then each endpoint with its conditions and place."""

    resource = "endpointslices.discovery.k8s.io"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"AddressType:\t{obj.get('addressType', '')}")
        _ports(out, obj.get("ports") or [])
        _endpoints(out, obj.get("endpoints") or [])
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _ports(out: Writer, ports: list[Object]) -> None:
    if not ports:
        out.line(0, "Ports: <unset>")
        return
    out.line(0, "Ports:")
    out.line(1, "Name\tPort\tProtocol")
    out.line(1, "----\t----\t--------")
    for each in ports:
        port = "<unset>" if each.get("port") is None else each["port"]
        out.line(1, f"{each.get('name') or '<unset>'}\t{port}\t{each.get('protocol', 'TCP')}")


def _endpoints(out: Writer, endpoints: list[Object]) -> None:
    if not endpoints:
        out.line(0, "Endpoints: <none>")
        return
    out.line(0, "Endpoints:")
    for each in endpoints:
        out.line(1, f"- Addresses:\t{', '.join(each.get('addresses') or []) or '<none>'}")
        out.line(2, "Conditions:")
        ready = (each.get("conditions") or {}).get("ready")
        out.line(3, f"Ready:\t{'<unset>' if ready is None else str(ready).lower()}")
        out.line(2, f"Hostname:\t{each.get('hostname') or '<unset>'}")
        if each.get("targetRef"):
            target = each["targetRef"]
            out.line(2, f"TargetRef:\t{target.get('kind')}/{target.get('name')}")
        out.line(2, f"NodeName:\t{each.get('nodeName') or '<unset>'}")
        out.line(2, f"Zone:\t{each.get('zone') or '<unset>'}")
