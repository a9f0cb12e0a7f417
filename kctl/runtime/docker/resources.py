"""Requests and limits as the engine's cgroup settings, by the kubelet's own formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

Object = Mapping[str, Any]

_PERIOD = 100_000
"""microseconds"""
_MIN_SHARES = 2
_MIN_QUOTA = 1000
_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}
_QUANTITY = re.compile(r"([+-]?[0-9.]+)(?:([eE][+-]?[0-9]+)|([A-Za-z]*))")


def amount(quantity: object) -> Decimal:
    """The number behind a valid quantity: "250m" -> 0.25, "64Mi" -> 67108864."""
    match = _QUANTITY.fullmatch(str(quantity).strip())
    if match is None or (match[3] or "") not in _SUFFIXES:
        raise ValueError(f"not a quantity: {quantity}")
    return Decimal(match[1] + (match[2] or "")) * _SUFFIXES[match[3] or ""]


def ceiling(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))


def host_config(resources: Object) -> dict[str, int]:
    """HostConfig's part for `resources` of a container.

    A CPU limit without a request counts as the request; a container without either gets
    the smallest weight, as the kubelet gives to best-effort pods."""
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    config = {"CpuShares": _shares(requests.get("cpu", limits.get("cpu")))}
    if "cpu" in limits:
        config["CpuPeriod"] = _PERIOD
        config["CpuQuota"] = max(_MIN_QUOTA, ceiling(amount(limits["cpu"]) * _PERIOD))
    if "memory" in limits:
        memory = ceiling(amount(limits["memory"]))
        config["Memory"] = config["MemorySwap"] = memory  # no swap beyond the limit
    return config


def _shares(cpu: object) -> int:
    if cpu is None:
        return _MIN_SHARES
    return min(262_144, max(_MIN_SHARES, int(amount(cpu) * 1024)))


def unsupported(resources: Object) -> list[str]:
    """Fields that an engine of plain Docker cannot enforce."""
    named = {*(resources.get("requests") or {}), *(resources.get("limits") or {})}
    lines = [f"resources: {name}" for name in sorted(named - {"cpu", "memory"})]
    if resources.get("claims"):
        lines.append("resources.claims")
    return lines
