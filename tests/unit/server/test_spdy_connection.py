"""SPDY connections against whatever frames a client sends, in any order."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kctl.server.streams import spdy_connection
from kctl.server.streams.spdy import (
    Data,
    Decoder,
    Encoder,
    Frame,
    GoAway,
    MoreHeaders,
    Ping,
    Reset,
    Settings,
    SynReply,
    SynStream,
    WindowUpdate,
)
from kctl.server.streams.spdy_connection import Connection, Stream

numbers = st.integers(1, 9)
frames = st.one_of(
    st.builds(SynStream, numbers, st.just({}), st.booleans()),
    st.builds(Data, numbers, st.binary(max_size=40), st.booleans()),
    st.builds(Reset, numbers, st.just(5)),
    st.builds(MoreHeaders, numbers, st.just({"a": ["b"]}), st.booleans()),
    st.builds(SynReply, numbers),
    st.builds(Ping, numbers),
    st.builds(WindowUpdate, numbers, numbers),
    st.just(Settings()),
)


class Carrier:
    """Gives the client's bytes, and keeps what is answered."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks, self.written = chunks, b""
        self.reads = 0

    async def read(self) -> bytes:
        self.reads += 1
        await asyncio.sleep(0)
        return self.chunks.pop(0) if self.chunks else b""

    async def write(self, data: bytes) -> None:
        self.written += data

    async def close(self) -> None:
        """There is nothing to end."""

    @property
    def answers(self) -> list[Frame]:
        return list(Decoder().feed(self.written))


def encoded(sent: list[Frame]) -> list[bytes]:
    encoder = Encoder()
    return [encoder.encode(frame) for frame in sent]


@settings(deadline=None)
@given(st.lists(frames, max_size=25), st.integers(0, 3))
def test_whatever_comes_ends_in_good_order(sent: list[Frame], patience: int) -> None:
    """`patience`: after so many pieces the server's side is done with a stream."""

    async def run() -> None:
        opened: list[Stream] = []
        carrier = Carrier(encoded(sent))
        connection = Connection(carrier, opened.append)
        running = asyncio.create_task(connection.run())
        readers = []

        async def use(stream: Stream) -> None:
            for _ in range(patience):
                if not await stream.read():
                    break
            try:
                await stream.write(b"said")
                await stream.finish()
            except ConnectionError:
                return
            stream.discard()

        while not running.done():
            while opened:
                readers.append(asyncio.create_task(use(opened.pop())))
            await asyncio.sleep(0)
        await running
        readers += [asyncio.create_task(use(each)) for each in opened]
        await asyncio.gather(*readers)
        held = sum(each.size for each in connection._streams.values())
        assert connection._held == held
        accepted = [each.stream for each in carrier.answers if isinstance(each, SynReply)]
        assert accepted == sorted(set(accepted))
        gone = [each for each in carrier.answers if isinstance(each, GoAway)]
        assert len(gone) <= 1
        await connection.close()

    asyncio.run(run())


def test_a_connection_is_not_read_while_a_stream_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spdy_connection, "STREAM_LIMIT", 10)

    async def run() -> None:
        opened: list[Stream] = []
        data: list[Frame] = [Data(1, b"x" * 8) for _ in range(10)]
        carrier = Carrier(encoded([SynStream(1), *data]))
        running = asyncio.create_task(Connection(carrier, opened.append).run())
        for _ in range(50):
            await asyncio.sleep(0)
        assert carrier.reads == 3  # the stream, and what fills it
        assert len(await opened[0].read()) == 8
        for _ in range(50):
            await asyncio.sleep(0)
        assert carrier.reads == 4
        opened[0].discard()  # nobody reads it any more: the rest is thrown away
        await running
        assert opened[0].size == 0

    asyncio.run(run())


def test_more_streams_than_there_may_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spdy_connection, "STREAMS", 2)

    async def run() -> None:
        carrier = Carrier(encoded([SynStream(1), SynStream(3), SynStream(5), Ping(9)]))
        await Connection(carrier, lambda stream: None).run()
        assert carrier.answers == [SynReply(1), SynReply(3), Reset(5, 3), Ping(9)]

    asyncio.run(run())
