"""Numbers that may be given as a share: IntOrString fields such as maxUnavailable."""

from __future__ import annotations

import re

from kctl.api.fields import FieldError, invalid
from kctl.api.validation.values import non_negative

_PERCENT = re.compile(r"[0-9]+%")
_PERCENT_TEXT = (
    "a valid percent string must be a numeric string followed by an ending '%' "
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
)


def int_or_percent(value: int | str, path: str, errors: list[FieldError]) -> None:
    """A number that is not negative, or a percentage (ValidatePositiveIntOrPercent)."""
    if isinstance(value, int):
        non_negative(value, path, errors)
    elif not _PERCENT.fullmatch(value):
        errors.append(invalid(path, value, _PERCENT_TEXT))


def at_most_100_percent(value: int | str, path: str, errors: list[FieldError]) -> None:
    """A percentage of no more than the whole (IsNotMoreThan100Percent)."""
    if isinstance(value, str) and number(value) > 100:
        errors.append(invalid(path, value, "must not be greater than 100%"))


def number(value: int | str) -> int:
    """The number of an int or a percentage; 0 for what is neither."""
    if isinstance(value, int):
        return value
    return int(value[:-1]) if _PERCENT.fullmatch(value) else 0
