"""Labels and selectors inside specs (metadata's own labels are checked with metadata)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, forbidden, invalid, required
from kctl.api.validation.values import named

_VALUES_NEEDED = "must be specified when `operator` is 'In' or 'NotIn'"
_VALUES_REFUSED = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
NOT_AN_OPERATOR = "not a valid selector operator"


def label_name(name: str, path: str, errors: list[FieldError]) -> None:
    named(name, path, names.qualified_name, errors)


def labels(mapping: Mapping[str, str] | None, path: str, errors: list[FieldError]) -> None:
    """Every key and value of a map of labels; the path is that of the map."""
    for name, value in (mapping or {}).items():
        named(name, path, names.qualified_name, errors)
        named(value, path, names.label_value, errors)


def selector(
    value: Mapping[str, Any] | None,
    path: str,
    errors: list[FieldError],
    *,
    any_value: bool = False,
) -> None:
    """A LabelSelector; `any_value` leaves the values of its expressions alone."""
    if not value:
        return
    labels(value.get("matchLabels"), f"{path}.matchLabels", errors)
    for at, expression in enumerate(value.get("matchExpressions") or ()):
        _expression(expression, f"{path}.matchExpressions[{at}]", errors, any_value)


def _expression(
    expression: Mapping[str, Any], path: str, errors: list[FieldError], any_value: bool
) -> None:
    operator, values = expression.get("operator") or "", expression.get("values") or ()
    operands(operator, values, path, errors)
    label_name(expression.get("key") or "", f"{path}.key", errors)
    if not any_value:
        label_values(values, path, errors)


def operands(operator: str, values: Sequence[str], path: str, errors: list[FieldError]) -> None:
    """Which of the set operators want values."""
    if operator in ("In", "NotIn"):
        if not values:
            errors.append(required(f"{path}.values", _VALUES_NEEDED))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            errors.append(forbidden(f"{path}.values", _VALUES_REFUSED))
    else:
        errors.append(invalid(f"{path}.operator", operator, NOT_AN_OPERATOR))


def label_values(values: Sequence[str], path: str, errors: list[FieldError]) -> None:
    for at, value in enumerate(values):
        named(value, f"{path}.values[{at}]", names.label_value, errors)
