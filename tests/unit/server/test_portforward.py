"""port-forward in its three forms, towards real ports of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from kctl.server.streams.spdy import Data, Decoder, Encoder, Reset, SynStream
from kctl.server.streams.spdy_connection import STREAM_LIMIT
from tests.unit.server.streaming import POD, Spdy, world

PATH = f"{POD}/portforward"
PROTOCOL = "portforward.k8s.io"


@contextlib.asynccontextmanager
async def upper() -> AsyncIterator[int]:
    """A port that answers in capitals, and ends when its client has."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data.upper())
            await writer.drain()
        writer.write(b"bye")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def nobody() -> int:
    """A port where nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_spdy_carries_many_connections_side_by_side() -> None:
    async def run() -> None:
        async with world() as (_, port), upper() as target:
            client = await Spdy.open(port, PATH, PROTOCOL)
            pairs = []
            for number in range(100):
                named = {"port": str(target), "requestID": str(number)}
                error = client.stream(streamType="error", **named)
                client.send(Data(error, b"", fin=True))
                data = client.stream(streamType="data", **named)
                pairs.append((error, data, f"call {number}"))
            for _, data, words in reversed(pairs):
                client.send(Data(data, words.encode()), Data(data, b"", fin=True))
            said = await client.until_ended(*(each for pair in pairs for each in pair[:2]))
            for error, data, words in pairs:
                assert said[data] == words.upper().encode() + b"bye"
                assert said[error] == b""
            client.writer.close()

    asyncio.run(run())


@pytest.mark.parametrize("protocol", ["spdy", "channels"])
def test_nothing_is_left_of_a_client_that_is_gone(protocol: str) -> None:
    async def run() -> None:
        async with world() as (made, port), upper() as target:
            if protocol == "spdy":
                client = await Spdy.open(port, PATH, PROTOCOL)
                client.stream(streamType="error", port=str(target), requestID="0")
                client.stream(streamType="data", port=str(target), requestID="0")
                close: Any = client.writer.transport.abort
            else:
                url = f"ws://127.0.0.1:{port}{PATH}?ports={target}"
                v4 = Subprotocol("v4.channel.k8s.io")
                opened = await connect(url, subprotocols=[v4]).__aenter__()
                close = opened.transport.abort
            while not made.host.sessions:
                await asyncio.sleep(0.01)
            assert not made.host.closed.is_set()
            close()
            assert await asyncio.to_thread(made.host.closed.wait, 10)
            while made.host.sessions[0].sock.fileno() >= 0:
                await asyncio.sleep(0.01)

    asyncio.run(run())


def test_a_port_where_nothing_listens_is_told_on_its_error_stream() -> None:
    async def run() -> None:
        async with world() as (_, port):
            client = await Spdy.open(port, PATH, PROTOCOL)
            target = str(nobody())
            error = client.stream(streamType="error", port=target, requestID="0")
            data = client.stream(streamType="data", port=target, requestID="0")
            said = await client.until_ended(error, data)
            expected = f"error forwarding port {target} to pod one, uid u-1: connection refused"
            assert said == {error: expected.encode(), data: b""}
            client.writer.close()

    asyncio.run(run())


def test_streams_that_make_no_pair_are_reset() -> None:
    async def run() -> None:
        async with world() as (_, port):
            client = await Spdy.open(port, PATH, PROTOCOL)
            wrong = [
                client.stream(streamType="other", port="1", requestID="0"),
                client.stream(streamType="data", port="0", requestID="1"),
                client.stream(streamType="data", port="65536", requestID="1"),
                client.stream(streamType="data", requestID="1"),
            ]
            reset = []
            async for frame in client.frames():
                if isinstance(frame, Reset):
                    reset.append(frame.stream)
                if len(reset) == len(wrong):
                    break
            assert reset == wrong
            client.writer.close()

    asyncio.run(run())


def test_a_connection_that_nobody_takes_from_holds_a_bounded_part_of_it() -> None:
    """The target reads nothing: what the client can send is bounded, not the server's memory."""

    async def run() -> None:
        async with world() as (_, port):
            idle = socket.create_server(("127.0.0.1", 0))
            target = str(idle.getsockname()[1])
            client = await Spdy.open(port, PATH, PROTOCOL)
            client.stream(streamType="error", port=target, requestID="0")
            data = client.stream(streamType="data", port=target, requestID="0")
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < 256 * 1024 * 1024:
                    client.send(Data(data, b"x" * 65536))
                    async with asyncio.timeout(1):
                        await client.writer.drain()
                    sent += 65536
            assert STREAM_LIMIT < sent < 64 * 1024 * 1024
            client.writer.transport.abort()
            idle.close()

    asyncio.run(run())


def test_spdy_within_a_websocket_however_its_messages_are_cut() -> None:
    """By hand: the name of this protocol is no token, and libraries refuse to offer it."""

    async def run() -> None:
        async with world() as (_, port), upper() as target:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n".encode()
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert b"sec-websocket-protocol: spdy/3.1+portforward.k8s.io\r\n" in head
            encoder, decoder = Encoder(), Decoder()
            named = {"port": [str(target)], "requestid": ["0"]}
            frames: list[Any] = [
                SynStream(1, {"streamtype": ["error"], **named}),
                SynStream(3, {"streamtype": ["data"], **named}),
                Data(3, b"hello", fin=True),
            ]
            data = b"".join(encoder.encode(each) for each in frames)
            for at in range(0, len(data), 7):
                writer.write(Frame(Opcode.BINARY, data[at : at + 7]).serialize(mask=True))
            said, ended = b"", False
            while not ended:
                first, size = await reader.readexactly(2)
                assert first == 0x82
                assert size < 126  # nothing here is longer
                for frame in decoder.feed(await reader.readexactly(size)):
                    if isinstance(frame, Data) and frame.stream == 3:
                        said, ended = said + frame.payload, frame.fin
            assert said == b"HELLObye"
            writer.close()

    asyncio.run(run())


def test_channels_of_a_websocket_begin_with_their_port() -> None:
    async def run() -> None:
        async with world() as (_, port), upper() as target:
            dead = nobody()
            url = f"ws://127.0.0.1:{port}{PATH}?ports={target},{dead}"
            async with connect(url, subprotocols=[Subprotocol("v4.channel.k8s.io")]) as client:
                said: dict[int, bytes] = {}
                await client.send(b"\x00hello")
                while len(said.get(0, b"")) < 7 or len(said.get(3, b"")) < 3:
                    message = await client.recv()
                    assert isinstance(message, bytes)
                    said[message[0]] = said.get(message[0], b"") + message[1:]
                assert said[0] == target.to_bytes(2, "little") + b"HELLO"
                assert said[1] == target.to_bytes(2, "little")
                assert said[2] == dead.to_bytes(2, "little")
                assert said[3].startswith(dead.to_bytes(2, "little") + b"error forwarding port")

    asyncio.run(run())


@pytest.mark.parametrize("query", ["", "?ports=", "?ports=80,x", "?ports=0", "?ports=65536"])
def test_channels_need_ports(query: str) -> None:
    async def run() -> None:
        async with world() as (_, port):
            with pytest.raises(InvalidStatus) as refusal:
                async with connect(
                    f"ws://127.0.0.1:{port}{PATH}{query}",
                    subprotocols=[Subprotocol("v4.channel.k8s.io")],
                ):
                    raise AssertionError("it was accepted")
            assert refusal.value.response.status_code == 400

    asyncio.run(run())
