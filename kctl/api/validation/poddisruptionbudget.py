"""Pod disruption budgets (ValidatePodDisruptionBudget of policy/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, invalid, not_supported
from kctl.api.validation import labels
from kctl.api.validation.percentages import at_most_100_percent, int_or_percent
from kctl.api.validation.values import non_negative

POLICIES = ("AlwaysAllow", "IfHealthyBudget")
_COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def poddisruptionbudget(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj.get("spec") or {}
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        text = "minAvailable and maxUnavailable cannot be both set"
        errors.append(invalid("spec", _as_go_shows(spec), text))
    for name in ("minAvailable", "maxUnavailable"):
        value = spec.get(name)
        if value is not None:
            int_or_percent(value, f"spec.{name}", errors)
            at_most_100_percent(value, f"spec.{name}", errors)
    labels.selector(spec.get("selector"), "spec.selector", errors)
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in POLICIES:
        errors.append(not_supported("spec.unhealthyPodEvictionPolicy", policy, POLICIES))
    return errors


def _as_go_shows(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec as the API server's own type encodes it: its fields have no JSON names."""
    return {
        "MinAvailable": spec["minAvailable"],
        "Selector": spec.get("selector"),
        "MaxUnavailable": spec["maxUnavailable"],
        "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
    }


def poddisruptionbudget_status(obj: Mapping[str, Any]) -> list[FieldError]:
    """What a status may not claim (ValidatePodDisruptionBudgetStatusUpdate)."""
    errors: list[FieldError] = []
    for name in _COUNTS:
        non_negative((obj.get("status") or {}).get(name), f"status.{name}", errors)
    return errors
