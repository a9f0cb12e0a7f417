"""Horizontal pod autoscalers (ValidateHorizontalPodAutoscaler of autoscaling)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names, quantity
from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.validation.values import named

TYPES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_MEMBERS = ("object", "external", "pods", "resource", "containerResource")
"""In the order in which they are looked at."""
_MEMBER_OF = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
POLICIES = ("Percent", "Pods")
SELECTIONS = ("Disabled", "Max", "Min")
LONGEST_WINDOW, LONGEST_PERIOD = 3600, 1800
_EITHER = "must set either a target raw value or a target utilization"
_BOTH = "may not set both a target raw value and a target utilization"

Spec = Mapping[str, Any]


def horizontalpodautoscaler(obj: Spec) -> list[FieldError]:
    errors: list[FieldError] = []
    spec = obj.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas", 0)
    if least is not None and least < 1:
        errors.append(invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most < 1:
        errors.append(invalid("spec.maxReplicas", most, "must be greater than 0"))
    if least is not None and most < least:
        text = "must be greater than or equal to `minReplicas`"
        errors.append(invalid("spec.maxReplicas", most, text))
    _reference(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef", errors)
    for at, metric in enumerate(spec.get("metrics") or ()):
        _metric(metric, f"spec.metrics[{at}]", errors)
    behavior = spec.get("behavior") or {}
    for name in ("scaleUp", "scaleDown"):
        if behavior.get(name) is not None:
            _rules(behavior[name], f"spec.behavior.{name}", errors)
    return errors


def _reference(ref: Spec, path: str, errors: list[FieldError]) -> None:
    for name in ("kind", "name"):
        value = ref.get(name) or ""
        if value:
            named(value, f"{path}.{name}", names.path_segment, errors)
        else:
            errors.append(required(f"{path}.{name}"))
    version = ref.get("apiVersion") or ""
    if version.count("/") > 1:
        why = f"unexpected GroupVersion string: {version}"
        errors.append(invalid(f"{path}.apiVersion", version, why))


# --- metrics ---


def _metric(metric: Spec, path: str, errors: list[FieldError]) -> None:
    type_ = metric.get("type") or ""
    if not type_:
        errors.append(required(f"{path}.type", "must specify a metric source type"))
    if type_ not in TYPES:
        errors.append(not_supported(f"{path}.type", type_, TYPES))
    present = [each for each in _MEMBERS if metric.get(each) is not None]
    for name in present[:1]:
        _SOURCES[name](metric[name], f"{path}.{name}", errors)
    expected = _MEMBER_OF.get(type_, "")
    if expected and expected not in present:
        text = "must populate information for the given metric source"
        errors.append(required(f"{path}.{expected}", text))
    if len(present) != 1:
        for name in present:
            if name != expected:
                text = "must populate the given metric source only"
                errors.append(forbidden(f"{path}.{name}", text))


def _resource(source: Spec, path: str, errors: list[FieldError]) -> None:
    if not source.get("name"):
        errors.append(required(f"{path}.name", "must specify a resource name"))
    target = source.get("target") or {}
    _target(target, f"{path}.target", errors)
    utilization, value = target.get("averageUtilization"), target.get("averageValue")
    if utilization is None and value is None:
        errors.append(required(f"{path}.target.averageUtilization", _EITHER))
    if utilization is not None and value is not None:
        errors.append(forbidden(f"{path}.target.averageValue", _BOTH))


def _container_resource(source: Spec, path: str, errors: list[FieldError]) -> None:
    if not source.get("container"):
        errors.append(required(f"{path}.container", "must specify a container"))
    _resource(source, path, errors)


def _pods(source: Spec, path: str, errors: list[FieldError]) -> None:
    _identifier(source.get("metric") or {}, f"{path}.metric", errors)
    target = source.get("target") or {}
    _target(target, f"{path}.target", errors)
    if not _positive(target.get("averageValue")):
        text = "must specify a positive target averageValue"
        errors.append(required(f"{path}.target.averageValue", text))


def _object(source: Spec, path: str, errors: list[FieldError]) -> None:
    _reference(source.get("describedObject") or {}, f"{path}.describedObject", errors)
    _identifier(source.get("metric") or {}, f"{path}.metric", errors)
    target = source.get("target") or {}
    _target(target, f"{path}.target", errors)
    if target.get("value") is None and target.get("averageValue") is None:
        text = "must set either a target value or averageValue"
        errors.append(required(f"{path}.target.averageValue", text))


def _external(source: Spec, path: str, errors: list[FieldError]) -> None:
    _identifier(source.get("metric") or {}, f"{path}.metric", errors)
    target = source.get("target") or {}
    _target(target, f"{path}.target", errors)
    value, average = target.get("value"), target.get("averageValue")
    if value is None and average is None:
        text = "must set either a target value for metric or a per-pod target"
        errors.append(required(f"{path}.target.averageValue", text))
    if value is not None and average is not None:
        text = "may not set both a target value for metric and a per-pod target"
        errors.append(forbidden(f"{path}.target.value", text))


_SOURCES = {
    "object": _object,
    "external": _external,
    "pods": _pods,
    "resource": _resource,
    "containerResource": _container_resource,
}


def _identifier(metric: Spec, path: str, errors: list[FieldError]) -> None:
    name = metric.get("name") or ""
    if name:
        named(name, f"{path}.name", names.path_segment, errors)
    else:
        errors.append(required(f"{path}.name", "must specify a metric name"))


def _target(target: Spec, path: str, errors: list[FieldError]) -> None:
    type_ = target.get("type") or ""
    if not type_:
        errors.append(required(f"{path}.type", "must specify a metric target type"))
    if type_ not in ("Utilization", "Value", "AverageValue"):
        text = "must be either Utilization, Value, or AverageValue"
        errors.append(invalid(f"{path}.type", type_, text))
    for name in ("value", "averageValue"):
        value = target.get(name)
        if value is not None and not _positive(value):
            errors.append(invalid(f"{path}.{name}", value, "must be positive"))
    utilization = target.get("averageUtilization")
    if utilization is not None and utilization < 1:
        text = "must be greater than 0"
        errors.append(invalid(f"{path}.averageUtilization", utilization, text))


def _positive(value: str | None) -> bool:
    return value is not None and quantity.parse(value) > 0


# --- behaviour ---


def _rules(rules: Spec, path: str, errors: list[FieldError]) -> None:
    window, where = rules.get("stabilizationWindowSeconds"), f"{path}.stabilizationWindowSeconds"
    if window is not None and window < 0:
        errors.append(invalid(where, window, "must be greater than or equal to zero"))
    if window is not None and window > LONGEST_WINDOW:
        text = f"must be less than or equal to {LONGEST_WINDOW}"
        errors.append(invalid(where, window, text))
    selection = rules.get("selectPolicy")
    if selection is not None and selection not in SELECTIONS:
        errors.append(not_supported(f"{path}.selectPolicy", selection, SELECTIONS))
    policies: Sequence[Spec] = rules.get("policies") or ()
    if not policies:
        errors.append(required(f"{path}.policies", "must specify at least one Policy"))
    for at, policy in enumerate(policies):
        _policy(policy, f"{path}.policies[{at}]", errors)
    tolerance = rules.get("tolerance")
    if tolerance is not None and quantity.parse(tolerance) < 0:
        text = "must be greater than or equal to zero"
        errors.append(invalid(f"{path}.tolerance", tolerance, text))


def _policy(policy: Spec, path: str, errors: list[FieldError]) -> None:
    type_ = policy.get("type") or ""
    if type_ not in POLICIES:
        errors.append(not_supported(f"{path}.type", type_, POLICIES))
    value, period = policy.get("value", 0), policy.get("periodSeconds", 0)
    if value <= 0:
        errors.append(invalid(f"{path}.value", value, "must be greater than zero"))
    if period <= 0:
        errors.append(invalid(f"{path}.periodSeconds", period, "must be greater than zero"))
    if period > LONGEST_PERIOD:
        text = f"must be less than or equal to {LONGEST_PERIOD}"
        errors.append(invalid(f"{path}.periodSeconds", period, text))
