"""How pods are spread over topologies, and what must be lifted before they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, duplicate, invalid, not_supported, required
from kctl.api.validation import labels
from kctl.api.validation.affinity import label_keys
from kctl.api.validation.values import named

_POSITIVE = "must be greater than zero"
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_POLICIES = ("Honor", "Ignore")


def constraints(listed: Sequence[Mapping[str, Any]], path: str, errors: list[FieldError]) -> None:
    """spec.topologySpreadConstraints."""
    pairs = [(each.get("topologyKey"), each.get("whenUnsatisfiable")) for each in listed]
    for at, each in enumerate(listed):
        here = f"{path}[{at}]"
        skew, action = each.get("maxSkew") or 0, each.get("whenUnsatisfiable") or ""
        if skew <= 0:
            errors.append(invalid(f"{here}.maxSkew", skew, _POSITIVE))
        if not each.get("topologyKey"):
            errors.append(required(f"{here}.topologyKey", "can not be empty"))
        if action not in _ACTIONS:
            errors.append(not_supported(f"{here}.whenUnsatisfiable", action, _ACTIONS))
        if pairs[at] in pairs[at + 1 :]:
            shown = f"{{{pairs[at][0]}, {pairs[at][1]}}}"
            errors.append(duplicate(f"{here}.{{topologyKey, whenUnsatisfiable}}", shown))
        _min_domains(each.get("minDomains"), action, f"{here}.minDomains", errors)
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            policy = each.get(name)
            if policy is not None and policy not in _POLICIES:
                errors.append(not_supported(f"{here}.{name}", policy, _POLICIES))
        label_keys(each, here, errors)
        labels.selector(each.get("labelSelector"), f"{here}.labelSelector", errors)


def _min_domains(value: int | None, action: str, path: str, errors: list[FieldError]) -> None:
    if value is None:
        return
    if value <= 0:
        errors.append(invalid(path, value, _POSITIVE))
    if action != "DoNotSchedule":
        text = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        errors.append(invalid(path, value, text))


def scheduling_gates(
    listed: Sequence[Mapping[str, Any]], path: str, errors: list[FieldError]
) -> None:
    seen: set[str] = set()
    for at, gate in enumerate(listed):
        name = gate.get("name") or ""
        named(name, f"{path}[{at}]", names.qualified_name, errors)
        if name in seen:
            errors.append(duplicate(f"{path}[{at}]", name))
        seen.add(name)


def readiness_gates(
    listed: Sequence[Mapping[str, Any]], path: str, errors: list[FieldError]
) -> None:
    for at, gate in enumerate(listed):
        where = f"{path}[{at}].conditionType"
        named(gate.get("conditionType") or "", where, names.qualified_name, errors)
