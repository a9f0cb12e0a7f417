"""Durations as Go prints them: "1m30s", "5s", "1.5s", "300ms"."""

from __future__ import annotations

_SMALL = ((1_000_000, "ms"), (1_000, "µs"), (1, "ns"))


def text_of(seconds: float) -> str:
    """time.Duration's String()."""
    nanoseconds = round(seconds * 1e9)
    if nanoseconds == 0:
        return "0s"
    sign = "-" if nanoseconds < 0 else ""
    nanoseconds = abs(nanoseconds)
    if nanoseconds < 1_000_000_000:
        unit, name = next(each for each in _SMALL if nanoseconds >= each[0])
        return f"{sign}{_decimal(nanoseconds, unit)}{name}"
    whole, rest = divmod(nanoseconds, 60_000_000_000)
    minutes, hours = whole % 60, whole // 60
    head = f"{hours}h{minutes}m" if hours else (f"{minutes}m" if minutes else "")
    return f"{sign}{head}{_decimal(rest, 1_000_000_000)}s"


def _decimal(value: int, unit: int) -> str:
    """value/unit without trailing zeros, exactly."""
    whole, rest = divmod(value, unit)
    if not rest:
        return str(whole)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0")
