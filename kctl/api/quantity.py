"""Quantities: "100m", "1.5Gi", "2e3", as apimachinery's resource.Quantity reads them.

A parsed quantity is a Decimal: at most 2**63-1 before the point and nine digits behind
it, so that every sum of a few of them stays exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_UP, Decimal
from functools import lru_cache

FORMAT_ERROR = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
SUFFIX_ERROR = "unable to parse quantity's suffix"
NUMERIC_ERROR = "unable to parse numeric part of quantity"

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SHAPE = re.compile(r"([+-]?)([0-9]*)(\.?)([0-9]*)(.*)", re.ASCII | re.DOTALL)
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]{1,10})", re.ASCII)
_SUFFIX = re.compile(r"[eEinumkKMGTP]*[-+]?[0-9]*", re.ASCII)
_MAX = Decimal(2**63 - 1)
_NANO = Decimal("1e-9")


@lru_cache(maxsize=4096)
def parse(text: str) -> Decimal:
    """The number that a quantity stands for, rounded up to nano units and capped at
    2**63-1 as Kubernetes does. Raises ValueError with Kubernetes' text."""
    number, _ = _parse(text)
    return number


def _parse(text: str) -> tuple[Decimal, str]:
    """The number and its format: "decimal", "binary" or "exponent"."""
    if not text:
        raise ValueError(FORMAT_ERROR)
    found = _SHAPE.fullmatch(text)
    assert found is not None  # the last group takes whatever is left
    sign, whole, _, fraction, suffix = found.groups()
    if not whole and not fraction:
        raise ValueError(FORMAT_ERROR)
    if _SUFFIX.fullmatch(suffix) is None:
        raise ValueError(FORMAT_ERROR)
    number = Decimal(f"{sign}{whole or '0'}.{fraction or '0'}")
    if suffix in _BINARY:
        return _bounded(number * (1 << _BINARY[suffix])), "binary"
    if suffix in _DECIMAL:
        return _bounded(number.scaleb(_DECIMAL[suffix])), "decimal"
    exponent = _EXPONENT.fullmatch(suffix)
    if exponent is None or abs(int(exponent[1])) > 2**31:
        raise ValueError(SUFFIX_ERROR)
    return _bounded(_scaled(number, int(exponent[1]))), "exponent"


def _scaled(number: Decimal, exponent: int) -> Decimal:
    if number == 0 or exponent < -60:
        return _NANO.copy_sign(number) if number else Decimal(0)
    if exponent > 60:
        return (_MAX + 1).copy_sign(number)
    return number.scaleb(exponent)


def _bounded(number: Decimal) -> Decimal:
    if abs(number) > _MAX:
        return _MAX.copy_sign(number)
    if number.as_tuple().exponent < -9:  # type: ignore[operator]
        number = number.quantize(_NANO, rounding=ROUND_UP)
    return number


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The text that the API server would store: "0.5" is "500m", "1024Ki" is "1Mi".
    Raises ValueError."""
    number, form = _parse(text)
    return render(number, form)


def render(number: Decimal, form: str = "decimal") -> str:
    """Quantity.String(): the shortest suffix that needs no fraction. `form` is "decimal",
    "binary" or "exponent"."""
    if number == 0:
        return "0"
    if form == "binary" and -1024 < number < 1024:
        form = "decimal"  # as CanonicalizeBytes: no binary suffix for small amounts
    if form == "binary" and number == number.to_integral_value():
        return _binary(int(number))
    if form == "binary":
        form = "decimal"
    return _decimal(number, exponent=form == "exponent")


def _binary(number: int) -> str:
    for suffix, shift in sorted(_BINARY.items(), key=lambda item: -item[1]):
        if number % (1 << shift) == 0:
            return f"{number >> shift}{suffix}"
    return str(number)


def _decimal(number: Decimal, *, exponent: bool) -> str:
    for power in (18, 15, 12, 9, 6, 3, 0, -3, -6, -9):
        scaled = number.scaleb(-power)
        if scaled == scaled.to_integral_value():
            digits = str(int(scaled))
            if exponent:
                return digits if power == 0 else f"{digits}e{power}"
            suffix = next(name for name, value in _DECIMAL.items() if value == power)
            return digits + suffix
    return str(number)


def add(texts: Iterable[str]) -> str:
    """The sum, in the format of the first that is not zero (Quantity.Add)."""
    total, form = Decimal(0), ""
    for text in texts:
        number, its_form = _parse(text)
        if not form or total == 0:
            form = its_form
        total += number
    return render(total, form or "decimal")


def compare(one: str, other: str) -> int:
    """-1, 0 or 1."""
    left, right = parse(one), parse(other)
    return (left > right) - (left < right)
