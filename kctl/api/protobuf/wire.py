"""The bytes of protobuf: varints, tags, lengths, and what must be skipped.

Positions are used rather than slices, so that nesting costs no copies. Errors are worded
as the decoders that gogo generates word them, since clients print them.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

VARINT, FIXED64, LENGTH, START, END, FIXED32 = range(6)
MAX_GROUPS = 64
_FIXED = {FIXED64: 8, FIXED32: 4}


class WireError(ValueError):
    """Bytes that are no message."""


def truncated() -> WireError:
    return WireError("unexpected EOF")


def read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """(the unsigned value of at most 64 bits, the position behind it)."""
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift >= 64:
            raise WireError("proto: integer overflow")
    raise truncated()


def read_length(data: bytes, at: int, end: int) -> tuple[int, int]:
    """(start, stop) of the bytes of a field with a length."""
    length, at = read_varint(data, at, end)
    if length >= 1 << 63:
        raise WireError("proto: negative length found during unmarshaling")
    if length > end - at:
        raise truncated()
    return at, at + length


def fields(data: bytes, at: int, end: int, name: str) -> Iterator[tuple[int, int, int, int]]:
    """(number, wire type, first, second) of each field between two positions: of a varint
    `first` is the value, of the others `first` and `second` are where its bytes start and
    stop. Groups, which the API never had, are skipped. `name` is the message's, for errors.
    """
    while at < end:
        tag = data[at]  # nearly all tags and lengths are one byte: no call for those
        if tag < 0x80:
            at += 1
        else:
            tag, at = read_varint(data, at, end)
        number, wire = (tag >> 3) & 0x1FFFFFFF, tag & 7
        if number == 0 and wire != END:
            raise WireError(f"proto: {_last(name)}: illegal tag 0 (wire type {wire})")
        if wire == LENGTH:
            if at < end and data[at] < 0x80:
                start = at + 1
                at = start + data[at]
                if at > end:
                    raise truncated()
            else:
                start, at = read_length(data, at, end)
            yield number, wire, start, at
        elif wire == VARINT:
            value, at = read_varint(data, at, end)
            yield number, wire, value, 0
        elif wire == START:
            at = _skip_group(data, at, end)
        elif wire == END:
            raise WireError(f"proto: {_last(name)}: wiretype end group for non-group")
        else:
            start, at = at, _skip_fixed(at, end, wire)
            yield number, wire, start, at


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _skip_fixed(at: int, end: int, wire: int) -> int:
    size = _FIXED.get(wire)
    if size is None:
        raise WireError(f"proto: illegal wireType {wire}")
    if size > end - at:
        raise truncated()
    return at + size


def _skip_group(data: bytes, at: int, end: int) -> int:
    depth = 1
    while depth:
        tag, at = read_varint(data, at, end)
        wire = tag & 7
        if wire == START:
            depth += 1
            if depth > MAX_GROUPS:
                raise WireError("proto: groups are nested too deeply")
        elif wire == END:
            depth -= 1
        elif wire == VARINT:
            _, at = read_varint(data, at, end)
        elif wire == LENGTH:
            _, at = read_length(data, at, end)
        else:
            at = _skip_fixed(at, end, wire)
    return at


def signed(value: int, bits: int) -> int:
    """The two's complement value of the low `bits`, as Go converts."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def read_double(data: bytes, at: int) -> float:
    """A whole number as an int, as Go writes it in JSON, which has no other numbers either."""
    found: float = struct.unpack_from("<d", data, at)[0]
    if not math.isfinite(found):
        raise WireError(f"json: unsupported value: {found}")
    return int(found) if found.is_integer() and abs(found) < 1e15 else found


def varint(value: int) -> bytes:
    """A signed value takes the ten bytes of its 64-bit form, as protobuf has it."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tagged(number: int, wire: int, value: bytes) -> bytes:
    """A field with its tag; with its length where it has one."""
    head = varint(number << 3 | wire)
    return head + varint(len(value)) + value if wire == LENGTH else head + value
