"""Deployments and replica sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.validation import labels
from kctl.api.validation.percentages import at_most_100_percent, int_or_percent, number
from kctl.api.validation.pod_template import pod_template
from kctl.api.validation.values import non_negative

Spec = Mapping[str, Any]

_STRATEGIES = ("Recreate", "RollingUpdate")
_NOT_MORE = "cannot be greater than status.replicas"


def replicaset(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj["spec"]
    non_negative(spec.get("replicas"), "spec.replicas", errors)
    non_negative(spec.get("minReadySeconds"), "spec.minReadySeconds", errors)
    _selector(spec, errors)
    return errors


def deployment(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj["spec"]
    non_negative(spec.get("replicas"), "spec.replicas", errors)
    _selector(spec, errors)
    _strategy(spec.get("strategy") or {}, "spec.strategy", errors)
    ready = spec.get("minReadySeconds") or 0
    non_negative(ready, "spec.minReadySeconds", errors)
    non_negative(spec.get("revisionHistoryLimit"), "spec.revisionHistoryLimit", errors)
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        where = "spec.progressDeadlineSeconds"
        non_negative(deadline, where, errors)
        if deadline <= ready:
            errors.append(invalid(where, deadline, "must be greater than minReadySeconds"))
    return errors


def _selector(spec: Spec, errors: list[FieldError]) -> None:
    """The selector, and that it selects the pods of its template."""
    value = spec.get("selector")
    before = len(errors)
    if value is None:
        errors.append(required("spec.selector"))
    else:
        labels.selector(value, "spec.selector", errors)
        unusable = len(errors) > before
        if not value.get("matchLabels") and not value.get("matchExpressions"):
            text = "empty selector is invalid for deployment"
            errors.append(invalid("spec.selector", value, text))
        if unusable:
            errors.append(invalid("spec.selector", value, "invalid label selector"))
            return
    pod_template(spec.get("template") or {}, value, "spec.template", errors)


def _strategy(strategy: Spec, path: str, errors: list[FieldError]) -> None:
    kind, rolling = strategy.get("type") or "", strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            text = "may not be specified when strategy `type` is 'Recreate'"
            errors.append(forbidden(f"{path}.rollingUpdate", text))
    elif kind == "RollingUpdate":
        if rolling is None:
            text = "this should be defaulted and never be nil"
            errors.append(required(f"{path}.rollingUpdate", text))
        else:
            _rolling(rolling, f"{path}.rollingUpdate", errors)
    else:
        shown = {"Type": kind, "RollingUpdate": rolling}
        errors.append(not_supported(path, shown, _STRATEGIES))


def _rolling(rolling: Spec, path: str, errors: list[FieldError]) -> None:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    int_or_percent(unavailable, f"{path}.maxUnavailable", errors)
    int_or_percent(surge, f"{path}.maxSurge", errors)
    if number(unavailable) == 0 and number(surge) == 0:
        text = "may not be 0 when `maxSurge` is 0"
        errors.append(invalid(f"{path}.maxUnavailable", unavailable, text))
    at_most_100_percent(unavailable, f"{path}.maxUnavailable", errors)


def deployment_status(new: Spec, old: Spec) -> list[FieldError]:
    """What a status may not claim (ValidateDeploymentStatusUpdate)."""
    status = new.get("status") or {}
    counted = ("updatedReplicas", "readyReplicas", "availableReplicas")
    errors = _counts(status, counted, ("observedGeneration", *counted, "unavailableReplicas"))
    before = (old.get("status") or {}).get("collisionCount")
    after = status.get("collisionCount") or 0
    if before is not None and after < before:
        errors.append(invalid("status.collisionCount", after, "cannot be decremented"))
    return errors


def replicaset_status(new: Spec) -> list[FieldError]:
    """What a status may not claim (ValidateReplicaSetStatus)."""
    counted = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    return _counts(new.get("status") or {}, counted, (*counted, "observedGeneration"))


def _counts(status: Spec, within: tuple[str, ...], natural: tuple[str, ...]) -> list[FieldError]:
    """Numbers that are not negative, and those that are `within` status.replicas."""
    errors: list[FieldError] = []
    for name in ("replicas", *natural):
        non_negative(status.get(name), f"status.{name}", errors)
    for name in within:
        value = status.get(name) or 0
        if value > (status.get("replicas") or 0):
            errors.append(invalid(f"status.{name}", value, _NOT_MORE))
    available, ready = status.get("availableReplicas") or 0, status.get("readyReplicas") or 0
    if available > ready:
        text = "cannot be greater than readyReplicas"
        errors.append(invalid("status.availableReplicas", available, text))
    return errors
