"""The types that are more than their fields: times, quantities, JSON within protobuf.

Each has a reader (the bytes between two positions, to the JSON value or None for what
JSON leaves out) and a writer (the JSON value, to the bytes of the message).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from kctl.api import quantity, times
from kctl.api.encode import dumps
from kctl.api.protobuf.wire import (
    LENGTH,
    VARINT,
    WireError,
    fields,
    read_varint,
    signed,
    tagged,
    varint,
)

Reader = Callable[[bytes, int, int], Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)", re.ASCII)


def parts(data: bytes, at: int, end: int, name: str) -> dict[int, tuple[int, int, int]]:
    """The last (wire type, first, second) of each field of a small message."""
    return {number: rest for number, *rest in fields(data, at, end, name)}  # type: ignore[misc]


def _integer(found: dict[int, tuple[int, int, int]], number: int, bits: int, name: str) -> int:
    wire, value, _ = found.get(number, (VARINT, 0, 0))
    if wire != VARINT:
        raise WireError(f"proto: wrong wireType = {wire} for field {name}")
    return signed(value, bits)


def _span(
    found: dict[int, tuple[int, int, int]], number: int, at: int, name: str
) -> tuple[int, int]:
    wire, start, stop = found.get(number, (LENGTH, at, at))
    if wire != LENGTH:
        raise WireError(f"proto: wrong wireType = {wire} for field {name}")
    return start, stop


def text(data: bytes, at: int, end: int) -> str:
    try:
        return data[at:end].decode()
    except UnicodeDecodeError:
        raise WireError("proto: a string holds invalid UTF-8") from None


def _base64(data: bytes, at: int, end: int) -> str:
    return base64.b64encode(data[at:end]).decode()


def _quantity(data: bytes, at: int, end: int) -> str:
    start, stop = _span(parts(data, at, end, "Quantity"), 1, at, "String_")
    try:
        return quantity.canonical(text(data, start, stop))
    except ValueError as error:
        raise WireError(str(error)) from None


def _int_or_string(data: bytes, at: int, end: int) -> int | str:
    found = parts(data, at, end, "IntOrString")
    number = _integer(found, 2, 32, "IntVal")
    start, stop = _span(found, 3, at, "StrVal")
    word = text(data, start, stop)
    which = _integer(found, 1, 64, "Type")
    if which not in (0, 1):
        raise WireError("impossible IntOrString.Type")
    return word if which else number


def _moment(data: bytes, at: int, end: int) -> tuple[datetime, int] | None:
    """(whole seconds, nanoseconds), None for the zero time."""
    found = parts(data, at, end, "Timestamp")
    seconds, nanos = _integer(found, 1, 64, "Seconds"), _integer(found, 2, 32, "Nanos")
    if at == end:
        return None
    try:
        return _EPOCH + timedelta(seconds=seconds), nanos
    except OverflowError:
        raise WireError("Time.MarshalJSON: year outside of range [0,9999]") from None


def _time(data: bytes, at: int, end: int) -> str | None:
    found = _moment(data, at, end)
    return times.now_text(found[0]) if found else None


def _micro_time(data: bytes, at: int, end: int) -> str | None:
    found = _moment(data, at, end)
    if found is None:
        return None
    try:
        return times.micro_text(found[0] + timedelta(microseconds=found[1] // 1000))
    except OverflowError:
        raise WireError("Time.MarshalJSON: year outside of range [0,9999]") from None


def _duration(data: bytes, at: int, end: int) -> str:
    """As Go prints a time.Duration: "1h2m3.5s"."""
    nanos = _integer(parts(data, at, end, "Duration"), 1, 64, "Duration")
    sign, nanos = ("-", -nanos) if nanos < 0 else ("", nanos)
    if nanos == 0:
        return "0s"
    for unit in ("ns", "us", "ms"):
        if nanos < _UNITS[unit] * 1000:
            return f"{sign}{_decimal(nanos, _UNITS[unit])}{'µs' if unit == 'us' else unit}"
    minutes, rest = divmod(nanos, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{head}{_decimal(rest, _UNITS['s'])}s"


def _decimal(nanos: int, unit: int) -> str:
    whole, rest = divmod(nanos, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if rest else str(whole)


def _json(data: bytes, at: int, end: int) -> Any:
    start, stop = _span(parts(data, at, end, "RawExtension"), 1, at, "Raw")
    if start == stop:
        return None
    try:
        return orjson.loads(data[start:stop])
    except orjson.JSONDecodeError as error:
        raise WireError(f"a field of raw JSON holds something else: {error}") from None


def _words(data: bytes, at: int, end: int) -> list[str]:
    """A message that is nothing but a list of strings."""
    return [
        text(data, start, stop)
        for number, wire, start, stop in fields(data, at, end, "ExtraValue")
        if number == 1 and wire == LENGTH
    ]


READERS: dict[str, Reader] = {
    "s": text,
    "y": _base64,
    "q": _quantity,
    "p": _int_or_string,
    "t": _time,
    "u": _micro_time,
    "d": _duration,
    "o": _json,
    "w": _words,
}
"""By the letters of the table; all of them stand in the wire type LENGTH."""
VARINTS: dict[str, Callable[[int], int | bool]] = {
    "i": lambda value: signed(value, 32),
    "l": lambda value: signed(value, 64),
    "b": bool,
}
ZERO: dict[str, Any] = {"s": "", "i": 0, "l": 0, "b": False, "q": "0", "p": 0, "y": ""}
"""What a field of the type is in JSON when it was never set."""


def packed(
    data: bytes, at: int, end: int, convert: Callable[[int], int | bool]
) -> Iterator[int | bool]:
    """The numbers of a packed repeated field."""
    while at < end:
        value, at = read_varint(data, at, end)
        yield convert(value)


# --- the way back ---


def _write_int_or_string(value: Any) -> bytes:
    number, word = (0, value) if isinstance(value, str) else (value, "")
    which = varint(int(isinstance(value, str)))
    return (
        tagged(1, VARINT, which)
        + tagged(2, VARINT, varint(number))
        + tagged(3, LENGTH, word.encode())
    )


def _write_time(value: str, micro: bool = False) -> bytes:
    moment = times.parse(value) - _EPOCH
    seconds = moment.days * 86400 + moment.seconds
    nanos = moment.microseconds * 1000 if micro else 0
    return tagged(1, VARINT, varint(seconds)) + tagged(2, VARINT, varint(nanos))


def _write_duration(value: str) -> bytes:
    plain = value.replace("µs", "us")
    nanos = sum(int(float(number) * _UNITS[unit]) for number, unit in _DURATION.findall(plain))
    return tagged(1, VARINT, varint(-nanos if plain.startswith("-") else nanos))


def _write_bytes(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


WRITERS: dict[str, Callable[[Any], bytes]] = {
    "s": lambda value: value.encode(),
    "y": _write_bytes,
    "q": lambda value: tagged(1, LENGTH, value.encode()),
    "p": _write_int_or_string,
    "t": _write_time,
    "u": lambda value: _write_time(value, micro=True),
    "d": _write_duration,
    "o": lambda value: tagged(1, LENGTH, dumps(value)),
    "w": lambda value: b"".join(tagged(1, LENGTH, word.encode()) for word in value),
}
