"""Priority classes (ValidatePriorityClass of scheduling.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, forbidden
from kctl.api.validation.values import immutable, one_of

SYSTEM = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
"""The classes that every cluster has, with their values."""

POLICIES = ("PreemptLowerPriority", "Never")
_HIGHEST = 1_000_000_000
_PREFIX = "system-"


def priorityclass(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    name, value = obj["metadata"].get("name") or "", obj.get("value") or 0
    if name.startswith(_PREFIX):
        why = _unknown(name, value, bool(obj.get("globalDefault")))
        if why:
            text = f"priority class names with '{_PREFIX}' prefix are reserved for system use only."
            errors.append(forbidden("metadata.name", f"{text} error: {why}"))
    elif value > _HIGHEST:
        text = f"maximum allowed value of a user defined priority is {_HIGHEST}"
        errors.append(forbidden("value", text))
    if obj.get("preemptionPolicy") is not None:
        one_of(obj["preemptionPolicy"], "preemptionPolicy", POLICIES, errors)
    return errors


def _unknown(name: str, value: int, default: bool) -> str:
    """Why this is none of the system's classes, "" where it is one."""
    if name not in SYSTEM:
        return f"{name} is not a known system priority class"
    if value != SYSTEM[name]:
        return f"value of {name} PriorityClass must be {SYSTEM[name]}"
    return f"globalDefault of {name} PriorityClass must be false" if default else ""


def priorityclass_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    if new.get("value") != old.get("value"):
        errors.append(forbidden("value", "may not be changed in an update."))
    policies = new.get("preemptionPolicy"), old.get("preemptionPolicy")
    return errors + immutable(*policies, "preemptionPolicy")
