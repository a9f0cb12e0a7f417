"""From one type to another: int("1"), string(1.5), duration("1h"), timestamp("...")."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from kctl.api.cel.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    Budget,
    CelError,
    Cidr,
    Ip,
    Quantity,
    TypeValue,
    is_number,
    no_such_overload,
    type_name,
)
from kctl.api.cel.wire import Uint

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0,
}  # fmt: skip
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _int(budget: Budget, value: Any) -> int:
    if isinstance(value, datetime):
        return math.floor((value - EPOCH).total_seconds())
    if isinstance(value, str):
        budget.text(len(value))
        if len(value) > 20 or not re.fullmatch(r"[-+]?\d+", value, re.ASCII):
            raise CelError(f"cannot convert {value!r} to int")
        value = int(value)
    if not is_number(value):
        raise no_such_overload()
    if isinstance(value, float) and not math.isfinite(value):
        raise CelError("integer overflow")
    whole = int(value)
    if not INT_MIN <= whole <= INT_MAX:
        raise CelError("integer overflow")
    return whole


def _uint(budget: Budget, value: Any) -> int:
    if isinstance(value, str):
        budget.text(len(value))
        if len(value) > 20 or not re.fullmatch(r"\d+", value, re.ASCII):
            raise CelError(f"cannot convert {value!r} to uint")
        value = int(value)
    if not is_number(value):
        raise no_such_overload()
    if isinstance(value, float) and not math.isfinite(value):
        raise CelError("unsigned integer overflow")
    whole = int(value)
    if not 0 <= whole <= UINT_MAX:
        raise CelError("unsigned integer overflow")
    return Uint(whole)


def _double(budget: Budget, value: Any) -> float:
    if isinstance(value, str):
        budget.text(len(value))
        try:
            return float(value)
        except ValueError:
            raise CelError(f"cannot convert {value!r} to double") from None
    if not is_number(value):
        raise no_such_overload()
    return float(value)


def _bool(budget: Budget, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if value in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise (
        CelError(f"cannot convert {value!r} to bool")
        if isinstance(value, str)
        else no_such_overload()
    )


def _bytes(budget: Budget, value: Any) -> bytes:
    if isinstance(value, str):
        budget.text(len(value))
        return value.encode()
    if not isinstance(value, bytes):
        raise no_such_overload()
    return value


def _string(budget: Budget, value: Any) -> str:
    text = to_string(value)
    budget.text(len(text))
    return text


def to_string(value: Any) -> str:
    """Raises CelError for a type that has no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _double_text(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise CelError("invalid UTF-8 in bytes, cannot convert to string") from None
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, Ip):
        return str(value.address)
    if isinstance(value, Cidr):
        return str(value.interface)
    if isinstance(value, TypeValue):
        return value.name
    if isinstance(value, Quantity):
        raise no_such_overload()
    raise CelError(f"no such overload: string({type_name(value)})")


def _double_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", repr(value))


def time_text(value: datetime) -> str:
    text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
    return f"{text}{fraction}Z"


def duration_text(value: timedelta) -> str:
    """Seconds, as CEL prints durations: "3600s"."""
    micros = value // timedelta(microseconds=1)
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    whole, rest = divmod(micros, 1_000_000)
    return f"{sign}{whole}{f'.{rest:06d}'.rstrip('0') if rest else ''}s"


def _duration(budget: Budget, value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise no_such_overload()
    budget.text(len(value))
    return parse_duration(value)


def parse_duration(text: str) -> timedelta:
    """Go's time.ParseDuration. Raises CelError."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return timedelta()
    seconds, at = 0.0, 0
    while at < len(rest):
        found = _PART.match(rest, at)
        if found is None:
            break
        seconds += float(found.group(1)) * _UNITS[found.group(2)]
        at = found.end()
    if not rest or at != len(rest) or seconds > 315_576_000_000:
        raise CelError(f'time: invalid duration "{text}"')
    return timedelta(seconds=sign * seconds)


def _timestamp(budget: Budget, value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return EPOCH + timedelta(seconds=int(value))
        except OverflowError:
            raise CelError("timestamp overflow") from None
    if not isinstance(value, str):
        raise no_such_overload()
    return parse_time(value)


def parse_time(text: str) -> datetime:
    """RFC 3339. Raises CelError."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise CelError(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00"')
    day, clock, fraction, zone = found.groups()
    micros = (fraction or ".0")[:7]
    try:
        parsed = datetime.fromisoformat(f"{day}T{clock}{micros:0<7}{zone.upper()}")
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CelError(f'parsing time "{text}": out of range') from None


FUNCTIONS: dict[tuple[str, bool], Any] = {
    ("int", False): _int,
    ("uint", False): _uint,
    ("double", False): _double,
    ("bool", False): _bool,
    ("bytes", False): _bytes,
    ("string", False): _string,
    ("duration", False): _duration,
    ("timestamp", False): _timestamp,
}
