"""`kctl describe service`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]


class ServiceDescriber:
    """Addresses, ports with their endpoints, traffic policies, events."""

    resource = "services"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec = obj["metadata"], obj["spec"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        selector = spec.get("selector") or {}
        terms = ",".join(f"{key}={selector[key]}" for key in sorted(selector))
        out.line(0, f"Selector:\t{terms or '<none>'}")
        out.line(0, f"Type:\t{spec.get('type', '')}")
        _addresses(out, obj)
        slices = related.list(
            "endpointslices.discovery.k8s.io",
            meta["namespace"],
            label_selector=f"kubernetes.io/service-name={meta['name']}",
        )
        for port in spec.get("ports") or []:
            _port(out, port, slices)
        out.line(0, f"Session Affinity:\t{spec.get('sessionAffinity', '')}")
        for title, field in (
            ("External Traffic Policy", "externalTrafficPolicy"),
            ("Internal Traffic Policy", "internalTrafficPolicy"),
            ("TrafficDistribution", "trafficDistribution"),
        ):
            if spec.get(field):
                out.line(0, f"{title}:\t{spec[field]}")
        if spec.get("healthCheckNodePort"):
            out.line(0, f"HealthCheck NodePort:\t{spec['healthCheckNodePort']}")
        if spec.get("loadBalancerSourceRanges"):
            out.line(
                0, f"LoadBalancer Source Ranges:\t{','.join(spec['loadBalancerSourceRanges'])}"
            )
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _addresses(out: Writer, service: Object) -> None:
    spec = service["spec"]
    if spec.get("ipFamilyPolicy"):
        out.line(0, f"IP Family Policy:\t{spec['ipFamilyPolicy']}")
    if spec.get("ipFamilies"):
        out.line(0, f"IP Families:\t{','.join(spec['ipFamilies'])}")
    else:
        out.line(0, "IP Families:\t<none>")
    out.line(0, f"IP:\t{spec.get('clusterIP', '')}")
    if spec.get("clusterIPs"):
        out.line(0, f"IPs:\t{','.join(spec['clusterIPs'])}")
    else:
        out.line(0, "IPs:\t<none>")
    if spec.get("externalIPs"):
        out.line(0, f"External IPs:\t{','.join(spec['externalIPs'])}")
    if spec.get("loadBalancerIP"):
        out.line(0, f"Desired LoadBalancer IP:\t{spec['loadBalancerIP']}")
    if spec.get("externalName"):
        out.line(0, f"External Name:\t{spec['externalName']}")
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if ingress:
        shown = ", ".join(_ingress(each) for each in ingress)
        out.line(0, f"LoadBalancer Ingress:\t{shown}")


def _ingress(each: Object) -> str:
    if not each.get("ip"):
        return str(each.get("hostname", ""))
    return f"{each['ip']} ({each['ipMode']})" if each.get("ipMode") else str(each["ip"])


def _port(out: Writer, port: Object, slices: Any) -> None:
    name = port.get("name") or "<unset>"
    protocol = port.get("protocol", "TCP")
    out.line(0, f"Port:\t{name}\t{port['port']}/{protocol}")
    out.line(0, f"TargetPort:\t{port.get('targetPort', port['port'])}/{protocol}")
    if port.get("nodePort"):
        out.line(0, f"NodePort:\t{name}\t{port['nodePort']}/{protocol}")
    out.line(0, f"Endpoints:\t{port_endpoints(port.get('name') or '', slices)}")


def port_endpoints(port_name: str, slices: Any) -> str:
    """Ready addresses behind a port: three, then how many more there are."""
    if not slices:
        return "<none>"
    listed = []
    for each in slices:
        for port in each.get("ports") or []:
            if (port.get("name") or "") != port_name:
                continue
            for endpoint in each.get("endpoints") or []:
                if (endpoint.get("conditions") or {}).get("ready") is False:
                    continue
                for address in endpoint.get("addresses") or []:
                    listed.append(f"{address}:{port['port']}")
    if len(listed) > 3:
        return f"{','.join(listed[:3])} + {len(listed) - 3} more..."
    return ",".join(listed)
