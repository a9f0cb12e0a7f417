"""`kctl describe replicaset`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kctl.printing.describe.parts import (
    annotation_lines,
    condition_lines,
    event_lines,
    label_lines,
    selector_text,
)
from kctl.printing.describe.template import template_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]


class ReplicaSetDescriber:
    """Replicas, the phases of its pods, template, events."""

    resource = "replicasets.apps"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        out.line(0, f"Selector:\t{selector_text(spec.get('selector'))}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        for owner in meta.get("ownerReferences") or []:
            if owner.get("controller"):
                out.line(0, f"Controlled By:\t{owner['kind']}/{owner['name']}")
        out.line(
            0, f"Replicas:\t{status.get('replicas', 0)} current / {spec.get('replicas', 0)} desired"
        )
        out.line(0, f"Pods Status:\t{phases(obj, related)}")
        template_lines(out, spec.get("template"))
        condition_lines(out, status.get("conditions"))
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def phases(owner: Object, related: Related) -> str:
    """How many of its pods are in which phase."""
    uid = owner["metadata"]["uid"]
    phases = Counter(
        (pod.get("status") or {}).get("phase", "")
        for pod in related.list("pods", owner["metadata"]["namespace"])
        if any(
            ref.get("uid") == uid and ref.get("controller")
            for ref in pod["metadata"].get("ownerReferences") or []
        )
    )
    return " / ".join(
        f"{phases[phase]} {phase}" for phase in ("Running", "Waiting", "Succeeded", "Failed")
    )
