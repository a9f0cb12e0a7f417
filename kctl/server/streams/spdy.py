"""SPDY/3.1's frames: bytes in, frames out, and back (without any input or output of its own).

What a frame may ask of memory is bounded: a control frame by `CONTROL_LIMIT`, and the
payload of a data frame is handed on in the pieces in which it comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kctl.server.streams.spdy_headers import BadBlock, Headers, Packer, Unpacker

VERSION = 3
CONTROL_LIMIT = 64 * 1024
PIECE = 64 * 1024
"""Bytes of payload in one data frame that we send."""
FIN = 0x01
UNIDIRECTIONAL = 0x02
_STREAM = 0x7FFFFFFF
_HEAD = 8

PROTOCOL_ERROR = 1
REFUSED_STREAM = 3
CANCEL = 5
"""Status codes of RST_STREAM; a GOAWAY has PROTOCOL_ERROR or 0."""


class SpdyError(Exception):
    """The peer does not speak SPDY/3.1; the connection cannot go on."""


@dataclass(frozen=True, slots=True)
class SynStream:
    stream: int
    headers: Headers = field(default_factory=dict)
    fin: bool = False
    unidirectional: bool = False
    priority: int = 0
    associated: int = 0


@dataclass(frozen=True, slots=True)
class SynReply:
    stream: int
    headers: Headers = field(default_factory=dict)
    fin: bool = False


@dataclass(frozen=True, slots=True)
class MoreHeaders:
    stream: int
    headers: Headers = field(default_factory=dict)
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    stream: int
    status: int


@dataclass(frozen=True, slots=True)
class Settings:
    entries: tuple[tuple[int, int, int], ...] = ()
    """(flags, id, value)"""


@dataclass(frozen=True, slots=True)
class Ping:
    id: int


@dataclass(frozen=True, slots=True)
class GoAway:
    last: int
    """the last stream that was accepted"""
    status: int = 0


@dataclass(frozen=True, slots=True)
class WindowUpdate:
    stream: int
    delta: int


@dataclass(frozen=True, slots=True)
class Data:
    stream: int
    payload: bytes
    fin: bool = False


Frame = SynStream | SynReply | MoreHeaders | Reset | Settings | Ping | GoAway | WindowUpdate | Data


def _word(value: int) -> bytes:
    return value.to_bytes(4, "big")


class Encoder:
    """Frames become bytes, in the order in which they are to be sent."""

    def __init__(self) -> None:
        self._packer = Packer()

    def encode(self, frame: Frame) -> bytes:
        match frame:
            case Data(stream, payload, fin):
                return data_head(stream, len(payload), fin) + payload
            case SynStream():
                flags = FIN * frame.fin | UNIDIRECTIONAL * frame.unidirectional
                ids = _word(frame.stream) + _word(frame.associated)
                block = bytes((frame.priority << 5, 0)) + self._packer.pack(frame.headers)
                return _control(1, flags, ids + block)
            case SynReply(stream, headers, fin):
                return _control(2, FIN * fin, _word(stream) + self._packer.pack(headers))
            case Reset(stream, status):
                return _control(3, 0, _word(stream) + _word(status))
            case Settings(entries):
                parts = [
                    bytes((flags,)) + name.to_bytes(3, "big") + _word(value)
                    for flags, name, value in entries
                ]
                return _control(4, 0, _word(len(entries)) + b"".join(parts))
            case Ping(number):
                return _control(6, 0, _word(number))
            case GoAway(last, status):
                return _control(7, 0, _word(last) + _word(status))
            case MoreHeaders(stream, headers, fin):
                return _control(8, FIN * fin, _word(stream) + self._packer.pack(headers))
            case WindowUpdate(stream, delta):
                return _control(9, 0, _word(stream) + _word(delta))


def data_head(stream: int, size: int, fin: bool) -> bytes:
    return _word(stream) + bytes((FIN * fin,)) + size.to_bytes(3, "big")


def _control(kind: int, flags: int, body: bytes) -> bytes:
    head = (0x8000 | VERSION).to_bytes(2, "big") + kind.to_bytes(2, "big")
    return head + bytes((flags,)) + len(body).to_bytes(3, "big") + body


class Decoder:
    """Chunks of any size become frames. The payload of a data frame may become several
    `Data`, of which the last has the FIN."""

    def __init__(self) -> None:
        self._unpacker = Unpacker()
        self._pending = bytearray()
        self._stream = self._left = 0
        self._fin = False

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Raises SpdyError; nothing can be fed after that. Exhaust one iterator before the
        next chunk."""
        self._pending += chunk
        while True:
            frame = self._data() if self._left else self._next()
            if frame is None:
                return
            yield from frame

    def _data(self) -> tuple[Data, ...] | None:
        """More of the payload of the data frame that is on its way."""
        if not self._pending:
            return None
        payload = bytes(self._pending[: self._left])
        del self._pending[: self._left]
        self._left -= len(payload)
        return (Data(self._stream, payload, self._fin and not self._left),)

    def _next(self) -> tuple[Frame, ...] | None:
        """The next frame; () for one of no meaning, None where it is not there as a whole."""
        if len(self._pending) < _HEAD:
            return None
        first = int.from_bytes(self._pending[:4], "big")
        flags, size = self._pending[4], int.from_bytes(self._pending[5:8], "big")
        if not first >> 31:
            return self._begin_data(first & _STREAM, flags, size)
        if (first >> 16) & 0x7FFF != VERSION:
            raise SpdyError("a control frame is not of SPDY/3")
        if size > CONTROL_LIMIT:
            raise SpdyError(f"a control frame has more than {CONTROL_LIMIT} bytes")
        if len(self._pending) < _HEAD + size:
            return None
        body = bytes(self._pending[_HEAD : _HEAD + size])
        del self._pending[: _HEAD + size]
        try:
            return self._control(first & 0xFFFF, flags, body)
        except BadBlock as error:
            raise SpdyError(str(error)) from None

    def _begin_data(self, stream: int, flags: int, size: int) -> tuple[Frame, ...]:
        if not stream:
            raise SpdyError("a data frame of stream 0")
        del self._pending[:_HEAD]
        self._stream, self._left, self._fin = stream, size, bool(flags & FIN)
        return () if size else (Data(stream, b"", self._fin),)

    def _control(self, kind: int, flags: int, body: bytes) -> tuple[Frame, ...]:
        fin = bool(flags & FIN)
        match kind:
            case 1:
                stream, associated = _words(body, 2, more=2)
                return (
                    SynStream(
                        stream & _STREAM,
                        self._unpacker.unpack(body[10:]),
                        fin,
                        bool(flags & UNIDIRECTIONAL),
                        body[8] >> 5,
                        associated & _STREAM,
                    ),
                )
            case 2:
                (stream,) = _words(body, 1, more=0)
                return (SynReply(stream & _STREAM, self._unpacker.unpack(body[4:]), fin),)
            case 8:
                (stream,) = _words(body, 1, more=0)
                return (MoreHeaders(stream & _STREAM, self._unpacker.unpack(body[4:]), fin),)
            case 4:
                return (_settings(body),)
            case 6:
                return (Ping(*_words(body, 1)),)
            case 3 | 7 | 9:
                first, second = _words(body, 2)
                made = {3: Reset, 7: GoAway, 9: WindowUpdate}[kind]
                return (made(first & _STREAM, second),)
        return ()


def _settings(body: bytes) -> Settings:
    (count,) = _words(body, 1, more=0)
    if len(body) != 4 + 8 * count:
        raise SpdyError("a SETTINGS frame of the wrong size")
    entries = []
    for at in range(4, len(body), 8):
        value = int.from_bytes(body[at + 4 : at + 8], "big")
        entries.append((body[at], int.from_bytes(body[at + 1 : at + 4], "big"), value))
    return Settings(tuple(entries))


def _words(body: bytes, count: int, *, more: int | None = None) -> tuple[int, ...]:
    """The 32-bit numbers that a body begins with; `more`: how many bytes follow at least,
    None for none at all."""
    size = 4 * count
    if len(body) < size + (more or 0) or (more is None and len(body) != size):
        raise SpdyError("a control frame of the wrong size")
    return tuple(int.from_bytes(body[at : at + 4], "big") for at in range(0, size, 4))
