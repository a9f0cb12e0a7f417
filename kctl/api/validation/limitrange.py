"""Limit ranges (ValidateLimitRange of v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import names, quantity
from kctl.api.fields import FieldError, duplicate, forbidden, invalid, required
from kctl.api.validation.resources import STANDARD
from kctl.api.validation.values import named

Spec = Mapping[str, Any]

_GROUPS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_KNOWN = ("Pod", "Container", "PersistentVolumeClaim")


def limitrange(obj: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for at, item in enumerate((obj.get("spec") or {}).get("limits") or ()):
        path, kind = f"spec.limits[{at}]", item.get("type") or ""
        named(kind, f"{path}.type", names.qualified_name, errors)
        if kind and "/" not in kind and kind not in _KNOWN:
            text = "must be a standard limit type or fully qualified"
            errors.append(invalid(f"{path}.type", kind, text))
        if kind in seen:
            errors.append(duplicate(f"{path}.type", kind))
        seen.add(kind)
        _item(item, kind, path, errors)
    return errors


def _item(item: Spec, kind: str, path: str, errors: list[FieldError]) -> None:
    listed = sorted({name for group in _GROUPS for name in item.get(group) or ()})
    if kind == "Pod":
        for group in ("default", "defaultRequest"):
            if item.get(group):
                text = "may not be specified when `type` is 'Pod'"
                errors.append(forbidden(f"{path}.{group}", text))
    if kind == "PersistentVolumeClaim" and not any(
        "storage" in (item.get(group) or ()) for group in ("min", "max")
    ):
        errors.append(
            required(f"{path}.limits", "either minimum or maximum storage value is required")
        )
    for group in _GROUPS:
        for name in item.get(group) or ():
            _name(name, f"{path}.{group}[{name}]", errors)
    for name in listed:
        _order(item, name, path, errors)


def _name(name: str, path: str, errors: list[FieldError]) -> None:
    named(name, path, names.qualified_name, errors)
    if "/" not in name and name not in STANDARD and not name.startswith("hugepages-"):
        text = "must be a standard resource type or fully qualified"
        errors.append(invalid(path, name, text))


_ORDERS = (
    ("min", "max", "min"),
    ("min", "defaultRequest", "defaultRequest"),
    ("defaultRequest", "max", "defaultRequest"),
    ("defaultRequest", "default", "defaultRequest"),
    ("min", "default", "default"),
    ("default", "max", "default"),
)
_WORDS = {
    ("min", "max"): "min value {0} is greater than max value {1}",
    ("min", "defaultRequest"): "min value {0} is greater than default request value {1}",
    ("defaultRequest", "max"): "default request value {0} is greater than max value {1}",
    ("defaultRequest", "default"): (
        "default request value {0} is greater than default limit value {1}"
    ),
    ("min", "default"): "min value {0} is greater than default value {1}",
    ("default", "max"): "default value {0} is greater than max value {1}",
}


def _order(item: Spec, name: str, path: str, errors: list[FieldError]) -> None:
    amounts = {g: str(item[g][name]) for g in _GROUPS if name in (item.get(g) or ())}
    for low, high, where in _ORDERS:
        if low in amounts and high in amounts and quantity.compare(amounts[low], amounts[high]) > 0:
            text = _WORDS[low, high].format(amounts[low], amounts[high])
            errors.append(invalid(f"{path}.{where}[{name}]", amounts[where], text))
    ratio = amounts.get("maxLimitRequestRatio")
    if ratio is not None and quantity.compare(ratio, "1") < 0:
        text = f"ratio {ratio} is less than 1"
        errors.append(invalid(f"{path}.maxLimitRequestRatio[{name}]", ratio, text))
    if ratio is not None and "min" in amounts and "max" in amounts:
        least, most = quantity.parse(amounts["min"]), quantity.parse(amounts["max"])
        if least > 0 and quantity.parse(ratio) > most / least:
            limit = f"{float(most / least):f}"
            text = f"ratio {ratio} is greater than max/min = {limit}"
            errors.append(invalid(f"{path}.maxLimitRequestRatio[{name}]", ratio, text))
