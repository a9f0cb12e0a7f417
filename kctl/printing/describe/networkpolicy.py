"""`kctl describe networkpolicy`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.printing.describe.parts import (
    annotation_lines,
    label_lines,
    parse_time,
    selector_text,
)
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]

_STEP = "    "


class NetworkPolicyDescriber:
    """Which pods it isolates, and what they may take and send."""

    resource = "networkpolicies.networking.k8s.io"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec = obj["metadata"], obj.get("spec") or {}
        created = parse_time(meta["creationTimestamp"]).astimezone()
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        out.line(0, f"Created on:\t{created:%Y-%m-%d %H:%M:%S %z %Z}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, "Spec:")
        chosen = selector_text(spec.get("podSelector"))
        if chosen == "<none>":
            chosen += " (Allowing the specific traffic to all pods in this namespace)"
        out.line(1, f"PodSelector:     {safe(chosen)}")
        types = spec.get("policyTypes") or ()
        _direction(out, "ingress", "Ingress" in types, spec.get("ingress") or ())
        _direction(out, "egress", "Egress" in types, spec.get("egress") or ())
        out.line(1, f"Policy Types: {', '.join(types)}")
        return out.text()


def _direction(out: Writer, name: str, affected: bool, rules: Sequence[Object]) -> None:
    if not affected:
        out.line(1, f"Not affecting {name} traffic")
        return
    out.line(1, f"Allowing {name} traffic:")
    if not rules:
        out.line(0, f"{_STEP}<none> (Selected pods are isolated for {name} connectivity)")
    for at, rule in enumerate(rules):
        _ports(out, rule.get("ports") or ())
        _peers(out, name, rule)
        if at < len(rules) - 1:
            out.line(0, f"{_STEP}----------")


def _ports(out: Writer, ports: Sequence[Object]) -> None:
    if not ports:
        out.line(0, f"{_STEP}To Port: <any> (traffic allowed to all ports)")
    for port in ports:
        shown = port.get("port", "<nil>")
        out.line(0, f"{_STEP}To Port: {shown}/{port.get('protocol', 'TCP')}")


def _peers(out: Writer, name: str, rule: Object) -> None:
    word, end = ("From", "source") if name == "ingress" else ("To", "destination")
    peers = rule.get("from" if name == "ingress" else "to") or ()
    if not peers:
        out.line(0, f"{_STEP}{word}: <any> (traffic not restricted by {end})")
    for peer in peers:
        out.line(0, f"{_STEP}{word}:")
        for field, title in (
            ("namespaceSelector", "NamespaceSelector"),
            ("podSelector", "PodSelector"),
        ):
            if peer.get(field) is not None:
                out.line(0, f"{_STEP}  {title}: {safe(selector_text(peer[field]))}")
        block = peer.get("ipBlock")
        if block:
            out.line(0, f"{_STEP}  IPBlock:")
            out.line(0, f"{_STEP}    CIDR: {block.get('cidr', '')}")
            out.line(0, f"{_STEP}    Except: {', '.join(block.get('except') or ())}")
