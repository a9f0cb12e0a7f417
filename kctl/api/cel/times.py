"""What one can ask of timestamps and durations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from kctl.api.cel.values import Budget, CelError, no_such_overload

_OFFSET = re.compile(r"([+-]?)(\d\d):(\d\d)", re.ASCII)


def _zone(name: str) -> tzinfo:
    found = _OFFSET.fullmatch(name)
    if found is not None:
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if offset < timedelta(days=1):
            return timezone(-offset if sign == "-" else offset)
    if name in ("UTC", ""):
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CelError(f"unknown time zone {name}") from None


def _of_time(read: Callable[[datetime], int]) -> Callable[..., int]:
    def get(budget: Budget, value: Any, zone: Any = "UTC") -> int:
        if not isinstance(value, datetime) or not isinstance(zone, str):
            raise no_such_overload()
        return read(value.astimezone(_zone(zone)))

    return get


def _of_both(
    read: Callable[[datetime], int], divide: Callable[[timedelta], int]
) -> Callable[..., int]:
    of_time = _of_time(read)

    def get(budget: Budget, value: Any, zone: Any = "UTC") -> int:
        return divide(value) if isinstance(value, timedelta) else of_time(budget, value, zone)

    return get


def _whole(unit: timedelta) -> Callable[[timedelta], int]:
    return lambda value: int(value / unit)


FUNCTIONS: dict[tuple[str, bool], Any] = {
    ("getFullYear", True): _of_time(lambda time: time.year),
    ("getMonth", True): _of_time(lambda time: time.month - 1),
    ("getDate", True): _of_time(lambda time: time.day),
    ("getDayOfMonth", True): _of_time(lambda time: time.day - 1),
    ("getDayOfWeek", True): _of_time(lambda time: time.isoweekday() % 7),
    ("getDayOfYear", True): _of_time(lambda time: time.timetuple().tm_yday - 1),
    ("getHours", True): _of_both(lambda time: time.hour, _whole(timedelta(hours=1))),
    ("getMinutes", True): _of_both(lambda time: time.minute, _whole(timedelta(minutes=1))),
    ("getSeconds", True): _of_both(lambda time: time.second, _whole(timedelta(seconds=1))),
    ("getMilliseconds", True): _of_both(
        lambda time: time.microsecond // 1000,
        lambda value: int(value / timedelta(milliseconds=1)) % 1000,
    ),
}
