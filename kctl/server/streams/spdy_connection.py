"""A SPDY/3.1 connection as a server sees it: streams that the client opens.

Flow control is the transport's, as the clients of Kubernetes have it (none of them opens
windows): where a stream's reader is slow, nothing more is read from the connection; and
whoever writes waits until the client has taken it. So what is held is bounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from kctl.server.streams import spdy
from kctl.server.streams.spdy_headers import Headers

STREAM_LIMIT = 256 * 1024
"""Bytes that are held of one stream before the connection is not read any more."""
TOTAL_LIMIT = 8 * 1024 * 1024
STREAMS = 2048
"""Streams that may be open at once."""


class Bytes(Protocol):
    """What carries the frames: a connection that was taken over, or a tunnel."""

    async def read(self) -> bytes:
        """b"" at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """Waits until there is room. Raises ConnectionError once the client is gone."""
        ...

    async def close(self) -> None: ...


class Stream:
    """One stream. One task may read, another write."""

    def __init__(self, connection: Connection, number: int, headers: Headers, fin: bool) -> None:
        self._connection, self.id, self.headers = connection, number, headers
        self._chunks: deque[bytes] = deque()
        self.size = 0
        """bytes that were not read yet"""
        self._arrived = asyncio.Event()
        self.ended, self.finished, self.reset_by_peer = fin, False, False
        """the client's side has ended; our own has; the client wants nothing more"""

    def header(self, name: str) -> str:
        """The first value of a header, "" where it is not there."""
        return self.headers.get(name, [""])[0]

    async def read(self) -> bytes:
        """The next bytes; b"" at the end."""
        while not self._chunks:
            if self.ended:
                return b""
            self._arrived.clear()
            await self._arrived.wait()
        data = self._chunks.popleft()
        self._connection.took(self, len(data))
        return data

    async def write(self, data: bytes) -> None:
        """Raises ConnectionError where the client is gone or has reset the stream."""
        for at in range(0, len(data), spdy.PIECE):
            if self.finished or self.reset_by_peer:
                raise ConnectionResetError("the stream is closed")
            await self._connection.send(spdy.Data(self.id, data[at : at + spdy.PIECE]))

    async def finish(self) -> None:
        """Nothing more will be written."""
        if not self.finished and not self.reset_by_peer:
            self.finished = True
            await self._connection.send(spdy.Data(self.id, b"", True))
            self._connection.forget_ended(self)

    async def reset(self, status: int = spdy.CANCEL) -> None:
        """Neither side says more; what came and was not read is gone."""
        over = self.reset_by_peer or (self.finished and self.ended)
        self.finished = True
        self.discard()
        if not over:
            await self._connection.send(spdy.Reset(self.id, status))

    def discard(self) -> None:
        """Nothing more is read: what came and what comes is thrown away."""
        size, self.size = self.size, 0
        self._chunks.clear()
        self.end()
        self._connection.drop(self, size)

    # --- for the connection ---

    def push(self, data: bytes) -> None:
        if data:
            self._chunks.append(data)
            self.size += len(data)
            self._arrived.set()

    def end(self) -> None:
        self.ended = True
        self._arrived.set()


class Connection:
    """`run` reads until the end; `opened` is called for each stream, once it is answered."""

    def __init__(self, carrier: Bytes, opened: Callable[[Stream], None]) -> None:
        self._carrier, self._opened = carrier, opened
        self._encoder, self._decoder = spdy.Encoder(), spdy.Decoder()
        self._streams: dict[int, Stream] = {}
        self._last = self._held = 0
        self._room = asyncio.Event()
        self._room.set()
        self._sending = asyncio.Lock()
        self.closed = False

    async def run(self) -> None:
        """Until the client is gone, says goodbye, or speaks something else; then every
        stream ends."""
        try:
            while data := await self._carrier.read():
                for frame in self._decoder.feed(data):
                    if isinstance(frame, spdy.GoAway):
                        return
                    await self._take(frame)
                await self._room.wait()
        except spdy.SpdyError:
            await self._goodbye(spdy.PROTOCOL_ERROR)
        except ConnectionError:
            return  # gone in the middle of an answer
        finally:
            self.closed = True
            for stream in list(self._streams.values()):
                stream.end()

    async def send(self, frame: spdy.Frame) -> None:
        """Raises ConnectionError once the connection is closed."""
        async with self._sending:  # frames are sent in the order in which they are encoded
            if self.closed:
                raise ConnectionResetError("the connection is closed")
            await self._carrier.write(self._encoder.encode(frame))

    async def close(self) -> None:
        """Say goodbye and end the connection, after what is being sent."""
        await self._goodbye(0)
        self.closed = True
        await self._carrier.close()

    async def _goodbye(self, status: int) -> None:
        try:
            await self.send(spdy.GoAway(self._last, status))
        except ConnectionError:
            return

    # --- frames ---

    async def _take(self, frame: spdy.Frame) -> None:
        match frame:
            case spdy.Data(number, payload, fin):
                stream = self._streams.get(number)
                if number > self._last:
                    raise spdy.SpdyError("data of a stream that nobody opened")
                if stream is None or stream.ended:
                    return  # it was reset, or its reader is gone: what is on its way is nothing
                self._push(stream, payload)
                if fin:
                    self._end(stream)
            case spdy.SynStream():
                await self._open(frame)
            case spdy.Reset(number):
                stream = self._streams.get(number)
                if stream is not None:
                    stream.reset_by_peer = True
                    stream.discard()
                    self._streams.pop(number, None)
            case spdy.Ping():
                await self.send(frame)
            case spdy.MoreHeaders(number, headers, fin):
                stream = self._streams.get(number)
                if stream is not None:
                    stream.headers.update(headers)
                    if fin:
                        self._end(stream)

    async def _open(self, frame: spdy.SynStream) -> None:
        if frame.stream <= self._last or frame.stream % 2 == 0:
            raise spdy.SpdyError("a stream with a number that cannot be")
        self._last = frame.stream
        if len(self._streams) >= STREAMS:
            await self.send(spdy.Reset(frame.stream, spdy.REFUSED_STREAM))
            return
        stream = Stream(self, frame.stream, frame.headers, frame.fin)
        self._streams[frame.stream] = stream
        await self.send(spdy.SynReply(frame.stream))
        self._opened(stream)

    def _push(self, stream: Stream, payload: bytes) -> None:
        stream.push(payload)
        self._held += len(payload)
        if stream.size > STREAM_LIMIT or self._held > TOTAL_LIMIT:
            self._room.clear()

    def _end(self, stream: Stream) -> None:
        stream.end()
        self.forget_ended(stream)

    # --- for streams ---

    def took(self, stream: Stream, size: int) -> None:
        """So much was read of a stream."""
        stream.size -= size
        self._held -= size
        self._look()

    def _look(self) -> None:
        if self._room.is_set() or self._held > TOTAL_LIMIT:
            return
        if all(each.size <= STREAM_LIMIT for each in self._streams.values()):
            self._room.set()

    def forget_ended(self, stream: Stream) -> None:
        if stream.ended and stream.finished:
            self._streams.pop(stream.id, None)
            self._look()

    def drop(self, stream: Stream, size: int) -> None:
        """So much of a stream will never be read, nor what follows."""
        self._held -= size
        if stream.finished:
            self._streams.pop(stream.id, None)
        self._look()
