"""`kctl describe pod`."""

from __future__ import annotations

from typing import Any

from kctl.api.kinds.shared.qos import qos_class
from kctl.printing.describe.containers import container_lines
from kctl.printing.describe.parts import (
    annotation_lines,
    event_lines,
    label_lines,
    long_time,
    parse_time,
)
from kctl.printing.describe.spread import spread_lines
from kctl.printing.describe.tolerations import toleration_lines
from kctl.printing.describe.volumes import volume_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class PodDescriber:
    """Identity, containers with their states, conditions, volumes, events."""

    resource = "pods"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        _identity(out, obj)
        _placement(out, obj, related)
        spec, status = obj["spec"], obj.get("status") or {}
        if spec.get("initContainers"):
            container_lines(
                out,
                "Init Containers",
                spec["initContainers"],
                status.get("initContainerStatuses") or [],
                pod=obj,
            )
        container_lines(
            out,
            "Containers",
            spec.get("containers") or [],
            status.get("containerStatuses") or [],
            pod=obj,
        )
        if spec.get("ephemeralContainers"):
            container_lines(
                out,
                "Ephemeral Containers",
                spec["ephemeralContainers"],
                status.get("ephemeralContainerStatuses") or [],
                pod=obj,
            )
        _conditions(out, status.get("conditions") or [])
        volume_lines(out, spec.get("volumes"), "\t")
        out.line(0, f"QoS Class:\t{status.get('qosClass') or qos_class(spec)}")
        label_lines(out, "Node-Selectors", spec.get("nodeSelector"))
        toleration_lines(out, spec.get("tolerations"))
        spread_lines(out, spec.get("topologySpreadConstraints"))
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _identity(out: Writer, pod: Object) -> None:
    meta, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    out.line(0, f"Name:\t{meta['name']}")
    out.line(0, f"Namespace:\t{meta.get('namespace', '')}")
    if spec.get("priority") is not None:
        out.line(0, f"Priority:\t{spec['priority']}")
    if spec.get("priorityClassName"):
        out.line(0, f"Priority Class Name:\t{spec['priorityClassName']}")
    if spec.get("runtimeClassName"):
        out.line(0, f"Runtime Class Name:\t{spec['runtimeClassName']}")
    if spec.get("serviceAccountName"):
        out.line(0, f"Service Account:\t{spec['serviceAccountName']}")
    if spec.get("nodeName"):
        out.line(0, f"Node:\t{spec['nodeName']}/{status.get('hostIP', '')}")
    else:
        out.line(0, "Node:\t<none>")
    if status.get("startTime"):
        out.line(0, f"Start Time:\t{long_time(status['startTime'])}")
    label_lines(out, "Labels", meta.get("labels"))
    annotation_lines(out, "Annotations", meta.get("annotations"))


def _placement(out: Writer, pod: Object, related: Related) -> None:
    meta, status = pod["metadata"], pod.get("status") or {}
    if meta.get("deletionTimestamp") and status.get("phase") not in ("Failed", "Succeeded"):
        from kctl.printing.cells import human_duration

        passed = (related.now - parse_time(meta["deletionTimestamp"])).total_seconds()
        out.line(0, f"Status:\tTerminating (lasts {human_duration(passed)})")
        grace = meta.get("deletionGracePeriodSeconds", 0)
        out.line(0, f"Termination Grace Period:\t{grace}s")
    else:
        out.line(0, f"Status:\t{status.get('phase', '')}")
    if status.get("reason"):
        out.line(0, f"Reason:\t{status['reason']}")
    if status.get("message"):
        out.line(0, f"Message:\t{safe(status['message'])}")
    profile = ((pod["spec"].get("securityContext") or {}).get("seccompProfile")) or {}
    if profile:
        out.line(0, f"SeccompProfile:\t{profile.get('type', '')}")
    out.line(0, f"IP:\t{status.get('podIP', '')}")
    addresses = status.get("podIPs") or []
    if not addresses:
        out.line(0, "IPs:\t<none>")
    else:
        out.line(0, "IPs:")
        for each in addresses:
            out.line(1, f"IP:\t{each.get('ip', '')}")
    for owner in meta.get("ownerReferences") or []:
        if owner.get("controller"):
            out.line(0, f"Controlled By:\t{owner['kind']}/{owner['name']}")
    if status.get("nominatedNodeName"):
        out.line(0, f"NominatedNodeName:\t{status['nominatedNodeName']}")


def _conditions(out: Writer, conditions: list[Object]) -> None:
    if not conditions:
        return
    out.line(0, "Conditions:\n  Type\tStatus")
    for each in conditions:
        out.line(1, f"{each['type']} \t{each['status']} ")
