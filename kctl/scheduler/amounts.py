"""Quantities as the integers that the scheduler adds up, parsed once each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from kctl.api.quantity import parse as quantity
from kctl.scheduler.types import Resources


@lru_cache(maxsize=4096)
def milli(text: str) -> int:
    """Thousandths, rounded up: "1.5" is 1500."""
    return math.ceil(quantity(text) * 1000)


@lru_cache(maxsize=4096)
def units(text: str) -> int:
    """Whole units, rounded up: "1Ki" is 1024."""
    return math.ceil(quantity(text))


def add_to(total: Resources, amounts: Mapping[str, Any]) -> None:
    """Add a resource list ({"cpu": "100m"}) to `total`."""
    for name, amount in amounts.items():
        text = str(amount)
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
