"""Arithmetic and order, and the addition of texts, lists, times."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from kctl.api.cel.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    Budget,
    CelError,
    is_number,
    no_such_overload,
)
from kctl.api.cel.wire import Uint


def ranged(value: int, unsigned: bool) -> int:
    """Raises CelError for what 64 bits do not hold."""
    if unsigned:
        if not 0 <= value <= UINT_MAX:
            raise CelError("unsigned integer overflow")
        return Uint(value)
    if not INT_MIN <= value <= INT_MAX:
        raise CelError("integer overflow")
    return value


def _alike(one: Any, other: Any) -> str:
    """ "int", "uint" or "double", which both are. Raises CelError."""
    for name, kind in (("uint", Uint), ("int", int), ("double", float)):
        if isinstance(one, kind) and isinstance(other, kind):
            if isinstance(one, bool) or isinstance(other, bool):
                break
            if name == "int" and (isinstance(one, Uint) or isinstance(other, Uint)):
                break
            return name
    raise no_such_overload()


def add(budget: Budget, one: Any, other: Any) -> Any:
    if isinstance(one, str) and isinstance(other, str):
        budget.text(len(one), len(other))
        return one + other
    if isinstance(one, bytes) and isinstance(other, bytes):
        budget.text(len(one), len(other))
        return one + other
    if isinstance(one, list) and isinstance(other, list):
        budget.spend(len(one) + len(other))
        return one + other
    if isinstance(one, datetime | timedelta) and isinstance(other, datetime | timedelta):
        return _add_times(one, other)
    kind = _alike(one, other)
    if kind == "double":
        return one + other
    return ranged(int(one) + int(other), kind == "uint")


def _add_times(one: Any, other: Any) -> Any:
    if isinstance(one, datetime) and isinstance(other, datetime):
        raise no_such_overload()
    try:
        return one + other
    except OverflowError:
        raise CelError("timestamp overflow") from None


def subtract(budget: Budget, one: Any, other: Any) -> Any:
    if isinstance(one, datetime | timedelta) and isinstance(other, datetime | timedelta):
        if isinstance(one, timedelta) and isinstance(other, datetime):
            raise no_such_overload()
        try:
            return one - other  # type: ignore[operator]
        except OverflowError:
            raise CelError("timestamp overflow") from None
    kind = _alike(one, other)
    if kind == "double":
        return one - other
    return ranged(int(one) - int(other), kind == "uint")


def multiply(budget: Budget, one: Any, other: Any) -> Any:
    kind = _alike(one, other)
    if kind == "double":
        return one * other
    return ranged(int(one) * int(other), kind == "uint")


def divide(budget: Budget, one: Any, other: Any) -> Any:
    kind = _alike(one, other)
    if kind == "double":
        if other == 0:
            return (
                math.nan
                if one == 0 or math.isnan(one)
                else math.copysign(math.inf, one) * (math.copysign(1.0, other))
            )
        return one / other
    if other == 0:
        raise CelError("division by zero")
    quotient = abs(int(one)) // abs(int(other))
    return ranged(quotient if (one < 0) == (other < 0) else -quotient, kind == "uint")


def modulo(budget: Budget, one: Any, other: Any) -> Any:
    kind = _alike(one, other)
    if kind == "double":
        raise no_such_overload()
    if other == 0:
        raise CelError("modulus by zero")
    rest = abs(int(one)) % abs(int(other))
    return ranged(rest if one >= 0 else -rest, kind == "uint")


def negate(budget: Budget, value: Any) -> Any:
    if not is_number(value) or isinstance(value, Uint):
        raise no_such_overload()
    return -value if isinstance(value, float) else ranged(-value, False)


_ORDERED = (bool, bytes, datetime, timedelta)


def compare(one: Any, other: Any, budget: Budget) -> int:
    """-1, 0 or 1. Raises CelError where the two have no order."""
    if is_number(one) and is_number(other):
        return int(one > other) - int(one < other)
    if isinstance(one, str) and isinstance(other, str):
        budget.text(min(len(one), len(other)))
        first, second = one.encode(), other.encode()
        return int(first > second) - int(first < second)
    if isinstance(one, bytes) and isinstance(other, bytes):
        budget.text(min(len(one), len(other)))
    if any(isinstance(one, kind) and isinstance(other, kind) for kind in _ORDERED):
        return int(one > other) - int(one < other)
    raise no_such_overload()


def _nan(one: Any, other: Any) -> bool:
    return bool(one != one or other != other)


def less(budget: Budget, one: Any, other: Any) -> bool:
    return compare(one, other, budget) < 0 and not _nan(one, other)


def less_equal(budget: Budget, one: Any, other: Any) -> bool:
    return compare(one, other, budget) <= 0 and not _nan(one, other)


def greater(budget: Budget, one: Any, other: Any) -> bool:
    return compare(one, other, budget) > 0 and not _nan(one, other)


def greater_equal(budget: Budget, one: Any, other: Any) -> bool:
    return compare(one, other, budget) >= 0 and not _nan(one, other)


FUNCTIONS: dict[tuple[str, bool], Any] = {
    ("_+_", False): add,
    ("_-_", False): subtract,
    ("_*_", False): multiply,
    ("_/_", False): divide,
    ("_%_", False): modulo,
    ("-_", False): negate,
    ("_<_", False): less,
    ("_<=_", False): less_equal,
    ("_>_", False): greater,
    ("_>=_", False): greater_equal,
}
