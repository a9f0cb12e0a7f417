"""Daemon sets (ValidateDaemonSet of apps/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.selectors import from_object
from kctl.api.validation import labels
from kctl.api.validation.percentages import at_most_100_percent, int_or_percent, number
from kctl.api.validation.pod_template import template_parts
from kctl.api.validation.values import non_negative

Spec = Mapping[str, Any]

_STRATEGIES = ("OnDelete", "RollingUpdate")
_COUNTS = (
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
)


def daemonset(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj["spec"]
    selector, template = spec.get("selector"), spec.get("template")
    if selector is None:
        errors.append(required("spec.selector"))
    labels.selector(selector, "spec.selector", errors)
    found = ((template or {}).get("metadata") or {}).get("labels")
    if not from_object(selector).matches(found):
        text = "`selector` does not match template `labels`"
        errors.append(invalid("spec.template.metadata.labels", found, text))
    if selector is not None and not any(selector.values()):
        text = "empty selector is invalid for daemonset"
        errors.append(invalid("spec.selector", selector, text))
    if template is None:
        errors.append(required("spec.template"))
    else:
        _template(template, errors)
    non_negative(spec.get("minReadySeconds"), "spec.minReadySeconds", errors)
    _strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy", errors)
    non_negative(spec.get("revisionHistoryLimit"), "spec.revisionHistoryLimit", errors)
    return errors


def _template(template: Spec, errors: list[FieldError]) -> None:
    template_parts(template, "spec.template", errors)
    spec = template.get("spec") or {}
    if spec.get("restartPolicy") != "Always":
        policy = spec.get("restartPolicy") or ""
        errors.append(not_supported("spec.template.spec.restartPolicy", policy, ("Always",)))
    if spec.get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in DaemonSet is not Supported"
        errors.append(forbidden("spec.template.spec.activeDeadlineSeconds", text))


def _strategy(strategy: Spec, path: str, errors: list[FieldError]) -> None:
    kind, rolling = strategy.get("type") or "", strategy.get("rollingUpdate")
    if kind not in _STRATEGIES:
        errors.append(not_supported(path, kind, ("RollingUpdate", "OnDelete")))
    elif kind == "RollingUpdate":
        if rolling is None:
            errors.append(required(f"{path}.rollingUpdate"))
        else:
            _rolling(rolling, f"{path}.rollingUpdate", errors)


def _rolling(rolling: Spec, path: str, errors: list[FieldError]) -> None:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    for name, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        int_or_percent(value, f"{path}.{name}", errors)
        at_most_100_percent(value, f"{path}.{name}", errors)
    some_unavailable, some_surge = number(unavailable) != 0, number(surge) != 0
    if some_unavailable and some_surge:
        text = "may not be set when maxUnavailable is non-zero"
        errors.append(invalid(f"{path}.maxSurge", surge, text))
    elif not some_unavailable and not some_surge:
        text = "cannot be 0 when maxSurge is 0"
        errors.append(invalid(f"{path}.maxUnavailable", unavailable, text))


def daemonset_status(obj: Mapping[str, Any]) -> list[FieldError]:
    """What a status may not claim (ValidateDaemonSetStatusUpdate)."""
    errors: list[FieldError] = []
    for name in _COUNTS:
        non_negative((obj.get("status") or {}).get(name), f"status.{name}", errors)
    return errors
