"""`kctl describe poddisruptionbudget`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import event_lines, selector_text
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class PodDisruptionBudgetDescriber:
    """The budget, what it selects, and how much of it is left."""

    resource = "poddisruptionbudgets.policy"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        if spec.get("minAvailable") is not None:
            out.line(0, f"Min available:\t{safe(spec['minAvailable'])}")
        elif spec.get("maxUnavailable") is not None:
            out.line(0, f"Max unavailable:\t{safe(spec['maxUnavailable'])}")
        selector = spec.get("selector")
        out.line(0, f"Selector:\t{'<unset>' if selector is None else selector_text(selector)}")
        out.line(0, "Status:")
        for title, field in (
            ("Allowed disruptions", "disruptionsAllowed"),
            ("Current", "currentHealthy"),
            ("Desired", "desiredHealthy"),
            ("Total", "expectedPods"),
        ):
            out.line(2, f"{title}:\t{status.get(field, 0)}")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()
