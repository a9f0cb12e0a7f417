"""`kctl describe horizontalpodautoscaler`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines, long_time
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]
_UNKNOWN = "<unknown>"


class HorizontalPodAutoscalerDescriber:
    """What is scaled, by what, and what there is to say of it."""

    resource = "horizontalpodautoscalers.autoscaling"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
        target = spec.get("scaleTargetRef") or {}
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"CreationTimestamp:\t{long_time(meta.get('creationTimestamp'))}")
        out.line(0, f"Reference:\t{safe(target.get('kind', ''))}/{safe(target.get('name', ''))}")
        out.line(0, "Metrics:\t( current / target )")
        statuses = status.get("currentMetrics") or []
        for at, metric in enumerate(spec.get("metrics") or ()):
            out.line(1, _metric(metric, statuses[at] if at < len(statuses) else {}))
        least = spec.get("minReplicas")
        out.line(0, f"Min replicas:\t{'<unset>' if least is None else least}")
        out.line(0, f"Max replicas:\t{spec.get('maxReplicas', 0)}")
        if spec.get("behavior"):
            _behavior(out, spec["behavior"])
        current, wanted = status.get("currentReplicas", 0), status.get("desiredReplicas", 0)
        out.line(0, f"{safe(target.get('kind', ''))} pods:\t{current} current / {wanted} desired")
        _conditions(out, status.get("conditions") or [])
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _metric(metric: Object, status: Object) -> str:
    """What is used, and what is aimed at."""
    match metric["type"]:
        case "External":
            source = metric["external"]
            name = _quoted(source["metric"]["name"])
            return f"{name} ({_kind(source)}):\t{_values(source, status.get('external'))}"
        case "Pods":
            source = metric["pods"]
            name = _quoted(source["metric"]["name"])
            return f"{name} on pods:\t{_values(source, status.get('pods'))}"
        case "Object":
            source = metric["object"]
            name, ref = _quoted(source["metric"]["name"]), source["describedObject"]
            where = f"{safe(ref['kind'])}/{safe(ref['name'])}"
            values = _values(source, status.get("object"))
            return f"{name} on {where} ({_kind(source)}):\t{values}"
        case "Resource":
            source = metric["resource"]
            head = f"resource {safe(source['name'])} on pods"
            return head + _resource(source, status.get("resource"))
        case "ContainerResource":
            source = metric["containerResource"]
            where = f"of container {_quoted(source['container'])} on pods"
            head = f"resource {safe(source['name'])} {where}"
            return head + _resource(source, status.get("containerResource"))
    return f"<unknown metric type {_quoted(metric['type'])}>"


def _quoted(text: str) -> str:
    return json.dumps(safe(text), ensure_ascii=False)


def _kind(source: Mapping[str, Any]) -> str:
    average = source["target"].get("averageValue") is not None
    return "target average value" if average else "target value"


def _values(source: Mapping[str, Any], status: Mapping[str, Any] | None) -> str:
    name = "averageValue" if source["target"].get("averageValue") is not None else "value"
    current = ((status or {}).get("current") or {}).get(name, _UNKNOWN)
    return f"{current} / {source['target'].get(name, '0')}"


def _resource(source: Mapping[str, Any], status: Mapping[str, Any] | None) -> str:
    if source["target"].get("averageValue") is not None:
        return f":\t{_values(source, status)}"
    current = (status or {}).get("current") or {}
    used, wanted = current.get("averageUtilization"), source["target"].get("averageUtilization")
    left = _UNKNOWN if used is None else f"{used}% ({current.get('averageValue', '0')})"
    right = "<auto>" if wanted is None else f"{wanted}%"
    return f"  (as a percentage of request):\t{left} / {right}"


def _behavior(out: Writer, behavior: Mapping[str, Any]) -> None:
    out.line(0, "Behavior:")
    for title, name in (("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")):
        rules = behavior.get(name)
        if rules is None:
            continue
        out.line(1, f"{title}:")
        window = rules.get("stabilizationWindowSeconds")
        if window is not None:
            out.line(2, f"Stabilization Window: {window} seconds")
        if rules.get("policies"):
            out.line(2, f"Select Policy: {rules.get('selectPolicy', 'Max')}")
            out.line(2, "Policies:")
            for policy in rules["policies"]:
                value, period = policy["value"], policy["periodSeconds"]
                out.line(3, f"- Type: {policy['type']}\tValue: {value}\tPeriod: {period} seconds")


def _conditions(out: Writer, conditions: list[Object]) -> None:
    if not conditions:
        return
    out.line(0, "Conditions:")
    out.line(1, "Type\tStatus\tReason\tMessage")
    out.line(1, "----\t------\t------\t-------")
    for each in conditions:
        reason, message = safe(each.get("reason", "")), safe(each.get("message", ""))
        out.line(1, f"{each['type']}\t{each['status']}\t{reason}\t{message}")
