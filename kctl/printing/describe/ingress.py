"""`kctl describe ingress`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.service import port_endpoints
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class IngressDescriber:
    """Where it listens, and which endpoints stand behind each path."""

    resource = "ingresses.networking.k8s.io"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec = obj["metadata"], obj.get("spec") or {}
        namespace = meta["namespace"]
        out.line(0, f"Name:\t{meta['name']}")
        label_lines(out, "Labels", meta.get("labels"))
        out.line(0, f"Namespace:\t{namespace}")
        out.line(0, f"Address:\t{_address(obj)}")
        out.line(0, f"Ingress Class:\t{safe(spec.get('ingressClassName') or '<none>')}")
        default = "<default>"
        if spec.get("defaultBackend"):
            default = _backend(spec["defaultBackend"], namespace, related)
        out.line(0, f"Default backend:\t{default}")
        _tls(out, spec.get("tls") or ())
        out.line(0, "Rules:\n  Host\tPath\tBackends")
        out.line(1, "----\t----\t--------")
        rules = [each for each in spec.get("rules") or () if each.get("http")]
        for rule in rules:
            out.line(1, f"{safe(rule.get('host') or '*')}\t")
            for path in rule["http"].get("paths") or ():
                shown = _backend(path.get("backend") or {}, namespace, related)
                out.line(2, f"\t{safe(path.get('path', ''))} \t{shown}")
        if not rules:
            out.line(1, f"*\t*\t{default}")
        annotation_lines(out, "Annotations", meta.get("annotations"))
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _address(obj: Object) -> str:
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    found = [each.get("ip") or each.get("hostname") for each in balancer.get("ingress") or ()]
    return ",".join(str(each) for each in found if each)


def _tls(out: Writer, listed: Any) -> None:
    if not listed:
        return
    out.line(0, "TLS:")
    for each in listed:
        hosts = safe(",".join(each.get("hosts") or ()))
        if each.get("secretName"):
            out.line(1, f"{each['secretName']} terminates {hosts}")
        else:
            out.line(1, f"SNI routes {hosts}")


def _backend(backend: Object, namespace: str, related: Related) -> str:
    service, resource = backend.get("service"), backend.get("resource")
    if service:
        return _service(service, namespace, related)
    if resource:
        group = resource.get("apiGroup") or "<none>"
        return f"APIGroup: {group}, Kind: {resource.get('kind')}, Name: {resource.get('name')}"
    return ""


def _service(backend: Object, namespace: str, related: Related) -> str:
    name, port = backend.get("name", ""), backend.get("port") or {}
    shown = f"{name}:{port.get('number') or port.get('name', '')}"
    found = related.get("services", namespace, name)
    if found is None:
        return f'{shown} (<error: services "{name}" not found>)'
    wanted = ""
    for each in found["spec"].get("ports") or ():
        if port.get("number") == each["port"] or port.get("name", "") == each.get("name", ""):
            wanted = each.get("name", "")
    selector = f"kubernetes.io/service-name={name}"
    slices = related.list("endpointslices.discovery.k8s.io", namespace, label_selector=selector)
    return f"{shown} ({port_endpoints(wanted, slices)})"
