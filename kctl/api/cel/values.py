"""The values of CEL that Python has no type of its own for, and how values compare."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from kctl.api.cel.wire import Uint

INT_MIN, INT_MAX, UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1


class CelError(Exception):
    """An evaluation that failed, in cel-go's words: "no such key: a"."""


class CostExceeded(Exception):
    """The expression asked for more work than it may have."""


class Budget:
    """What is left of the work that an evaluation may do, in cel-go's units: about one for
    each step, one for ten characters that are read or made."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, amount: int) -> None:
        """Raises CostExceeded."""
        self.left -= amount
        if self.left < 0:
            raise CostExceeded

    def text(self, *lengths: int) -> None:
        """For the characters of texts that are read or made."""
        self.spend(1 + sum(lengths) // 10)


class TypeValue(NamedTuple):
    """A type as a value: type(1) == int."""

    name: str


class Optional_(NamedTuple):
    """optional.of(x), or optional.none() where `there` is False."""

    there: bool
    value: Any = None


NONE = Optional_(False)


class Quantity(NamedTuple):
    """kubernetes.Quantity"""

    amount: Decimal


class Url(NamedTuple):
    """kubernetes.URL, by its parts as Go's url.Parse gives them."""

    text: str
    scheme: str
    host: str
    path: str
    query: dict[str, list[str]]


class Ip(NamedTuple):
    """net.IP"""

    address: ipaddress.IPv4Address | ipaddress.IPv6Address


class Cidr(NamedTuple):
    """net.CIDR; the address keeps its host bits."""

    interface: ipaddress.IPv4Interface | ipaddress.IPv6Interface


class Format(NamedTuple):
    """kubernetes.NamedFormat"""

    name: str


class Semver(NamedTuple):
    """kubernetes.Semver"""

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...]
    build: str = ""

    def order(self) -> tuple[Any, ...]:
        """Sorts as semver 2.0.0 says; the build counts for nothing."""
        words = tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in self.pre)
        return (self.major, self.minor, self.patch, not self.pre, words)


_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (Uint, "uint"),
    (int, "int"),
    (float, "double"),
    (str, "string"),
    (bytes, "bytes"),
    (list, "list"),
    (dict, "map"),
    (datetime, "google.protobuf.Timestamp"),
    (timedelta, "google.protobuf.Duration"),
    (TypeValue, "type"),
    (Optional_, "optional_type"),
    (Quantity, "kubernetes.Quantity"),
    (Url, "kubernetes.URL"),
    (Ip, "net.IP"),
    (Cidr, "net.CIDR"),
    (Format, "kubernetes.NamedFormat"),
    (Semver, "kubernetes.Semver"),
)


def type_name(value: Any) -> str:
    if value is None:
        return "null_type"
    for kind, name in _NAMES:
        if isinstance(value, kind):
            return name
    return "dyn"


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(one: Any, other: Any, budget: Budget) -> bool:
    """CEL's equality: numbers by their value, other types only with their like."""
    budget.spend(1)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_number(one) and is_number(other):
        return bool(one == other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            equal(a, b, budget) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, dict) and isinstance(other, dict):
        return len(one) == len(other) and all(
            key in other and equal(value, other[key], budget) for key, value in one.items()
        )
    if isinstance(one, str) and isinstance(other, str):
        budget.text(min(len(one), len(other)))
    if isinstance(one, Semver) and isinstance(other, Semver):
        return one.order() == other.order()
    return type(one) is type(other) and bool(one == other)


def is_in(value: Any, container: Any, budget: Budget) -> bool:
    if isinstance(container, dict):
        budget.spend(1)
        return not isinstance(value, list | dict) and _key_in(value, container)
    if isinstance(container, list):
        return any(equal(value, each, budget) for each in container)
    raise no_such_overload()


def _key_in(value: Any, container: dict[Any, Any]) -> bool:
    if isinstance(value, bool):
        return any(key is value for key in container)
    return value in container


def no_such_overload() -> CelError:
    return CelError("no such overload")
