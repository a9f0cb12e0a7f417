"""Resource quotas (ValidateResourceQuota of v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import names, quantity
from kctl.api.fields import FieldError, invalid, not_supported, required
from kctl.api.validation.labels import NOT_AN_OPERATOR
from kctl.api.validation.resources import INTEGERS, STANDARD
from kctl.api.validation.values import NON_NEGATIVE, immutable, named

Spec = Mapping[str, Any]

_SCOPES = (
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
)
_COMPUTE = frozenset(
    f"{prefix}{name}"
    for prefix in ("", "requests.", "limits.")
    for name in ("cpu", "memory", "ephemeral-storage")
)
_FOR = "for scope selector"
_CONFLICTS = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))


def resourcequota(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    _amounts(spec.get("hard"), "spec.hard", errors)
    _scopes(spec, errors)
    _selector(spec, errors)
    for name in ("hard", "used"):
        _amounts(status.get(name), f"status.{name}", errors)
    return errors


def resourcequota_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    scopes = set(after.get("scopes") or ()), set(before.get("scopes") or ())
    if scopes[0] == scopes[1]:
        return []
    return immutable(after.get("scopes"), before.get("scopes"), "spec.scopes")


def _amounts(amounts: Mapping[str, Any] | None, path: str, errors: list[FieldError]) -> None:
    for name, amount in (amounts or {}).items():
        where = f"{path}[{name}]"
        _name(name, where, errors)
        number = quantity.parse(str(amount))
        if number < 0:
            errors.append(invalid(where, str(amount), NON_NEGATIVE))
        whole = name in INTEGERS or name.startswith("count/")
        if whole and number != number.to_integral_value():
            errors.append(invalid(where, str(amount), "must be an integer"))


def _name(name: str, path: str, errors: list[FieldError]) -> None:
    named(name, path, names.qualified_name, errors)
    known = name in STANDARD or name.startswith(("hugepages-", "requests.hugepages-"))
    if "/" not in name and not known:
        errors.append(invalid(path, name, "must be a standard resource for quota"))


def _scopes(spec: Spec, errors: list[FieldError]) -> None:
    scopes = spec.get("scopes") or []
    if not scopes:
        return
    for scope in scopes:
        if scope not in _SCOPES:
            errors.append(invalid("spec.scopes", scopes, "unsupported scope"))
        for name in spec.get("hard") or {}:
            if scope in _SCOPES and not _applies(scope, name):
                text = "unsupported scope applied to resource"
                errors.append(invalid("spec.scopes", scopes, text))
    for pair in _CONFLICTS:
        if set(pair) <= set(scopes):
            errors.append(invalid("spec.scopes", scopes, "conflicting scopes"))


def _applies(scope: str, name: str) -> bool:
    """Whether pods of a scope can be counted under a name."""
    if name in ("pods", "count/pods"):
        return True
    if scope == "BestEffort":
        return False
    extended = name.startswith(("requests.", "hugepages-")) and name != "requests.storage"
    return name in _COMPUTE or extended


def _selector(spec: Spec, errors: list[FieldError]) -> None:
    expressions = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    path = "spec.scopeSelector.matchExpressions"
    for at, each in enumerate(expressions):
        name, operator = each.get("scopeName") or "", each.get("operator") or ""
        values = each.get("values") or []
        if name not in _SCOPES:
            errors.append(not_supported(f"{path}[{at}].scopeName", name, _SCOPES))
        elif name != "PriorityClass" and operator != "Exists":
            text = (
                "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, "
                "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
            )
            errors.append(invalid(f"{path}[{at}].operator", operator, text))
        if operator in ("In", "NotIn"):
            if not values:
                text = f"must be at least one value when `operator` is 'In' or 'NotIn' {_FOR}"
                errors.append(required(f"{path}[{at}].values", text))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                text = f"must be no value when `operator` is 'Exist' or 'DoesNotExist' {_FOR}"
                errors.append(invalid(f"{path}[{at}].values", values, text))
        else:
            errors.append(invalid(f"{path}[{at}].operator", operator, NOT_AN_OPERATOR))
