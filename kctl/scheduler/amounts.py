"""Quantities as the integers that the scheduler adds up, parsed once each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from kctl.scheduler.types import Resources

_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}


@lru_cache(maxsize=4096)
def _number(text: str) -> Decimal:
    digits = text.rstrip("numkKMGTPEi")
    suffix = text[len(digits) :]
    if suffix == "E" and not digits:
        raise ValueError(text)
    return Decimal(digits) * _SUFFIXES[suffix]


@lru_cache(maxsize=4096)
def milli(quantity: str) -> int:
    """Thousandths, rounded up: "1.5" is 1500."""
    return math.ceil(_number(quantity) * 1000)


@lru_cache(maxsize=4096)
def units(quantity: str) -> int:
    """Whole units, rounded up: "1Ki" is 1024."""
    return math.ceil(_number(quantity))


def add_to(total: Resources, amounts: Mapping[str, Any]) -> None:
    """Add a resource list ({"cpu": "100m"}) to `total`."""
    for name, quantity in amounts.items():
        text = str(quantity)
        if name == "cpu":
            total.milli_cpu += milli(text)
        elif name == "memory":
            total.memory += units(text)
        elif name == "ephemeral-storage":
            total.storage += units(text)
        elif name == "pods":
            total.pods += units(text)
        else:
            total.extended[name] = total.extended.get(name, 0) + units(text)


def parse(amounts: Mapping[str, Any]) -> Resources:
    total = Resources()
    add_to(total, amounts)
    return total


def add(total: Resources, other: Resources) -> None:
    total.milli_cpu += other.milli_cpu
    total.memory += other.memory
    total.storage += other.storage
    total.pods += other.pods
    for name, amount in other.extended.items():
        total.extended[name] = total.extended.get(name, 0) + amount


def largest(one: Resources, other: Resources) -> Resources:
    """The greater of each."""
    names: Iterable[str] = {**one.extended, **other.extended}
    return Resources(
        max(one.milli_cpu, other.milli_cpu),
        max(one.memory, other.memory),
        max(one.storage, other.storage),
        max(one.pods, other.pods),
        {name: max(one.extended.get(name, 0), other.extended.get(name, 0)) for name in names},
    )
