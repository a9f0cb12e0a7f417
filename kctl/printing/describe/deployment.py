"""`kctl describe deployment`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import (
    annotation_lines,
    condition_lines,
    event_lines,
    label_lines,
    long_time,
    selector_text,
)
from kctl.printing.describe.template import template_lines
from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]

REVISION = "deployment.kubernetes.io/revision"


class DeploymentDescriber:
    """Replicas, strategy, template, the replica sets it owns, events."""

    resource = "deployments.apps"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        out.line(0, f"CreationTimestamp:\t{long_time(meta.get('creationTimestamp'))}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"Selector:\t{selector_text(spec.get('selector'))}")
        out.line(
            0,
            f"Replicas:\t{spec.get('replicas', 0)} desired | {status.get('updatedReplicas', 0)} "
            f"updated | {status.get('replicas', 0)} total | "
            f"{status.get('availableReplicas', 0)} available | "
            f"{status.get('unavailableReplicas', 0)} unavailable",
        )
        strategy = spec.get("strategy") or {}
        out.line(0, f"StrategyType:\t{strategy.get('type', '')}")
        out.line(0, f"MinReadySeconds:\t{spec.get('minReadySeconds', 0)}")
        rolling = strategy.get("rollingUpdate")
        if rolling:
            out.line(
                0,
                f"RollingUpdateStrategy:\t{rolling.get('maxUnavailable')} max unavailable, "
                f"{rolling.get('maxSurge')} max surge",
            )
        template_lines(out, spec.get("template"))
        condition_lines(out, status.get("conditions"))
        _replica_sets(out, obj, related)
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


def _replica_sets(out: Writer, deployment: Object, related: Related) -> None:
    meta = deployment["metadata"]
    owned = [
        each
        for each in related.list("replicasets.apps", meta["namespace"])
        if any(
            owner.get("uid") == meta["uid"] and owner.get("controller")
            for owner in each["metadata"].get("ownerReferences") or []
        )
    ]
    if not owned:
        return
    revision = (meta.get("annotations") or {}).get(REVISION)
    new = [
        each
        for each in owned
        if (each["metadata"].get("annotations") or {}).get(REVISION) == revision
    ]
    old = [each for each in owned if each not in new]
    old.sort(key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]))
    out.line(0, f"OldReplicaSets:\t{_names(old)}")
    out.line(0, f"NewReplicaSet:\t{_names(new[:1])}")


def _names(sets: list[Object]) -> str:
    shown = [
        f"{each['metadata']['name']} ({(each.get('status') or {}).get('replicas', 0)}/"
        f"{each['spec'].get('replicas', 0)} replicas created)"
        for each in sets
    ]
    return ", ".join(shown) or "<none>"
