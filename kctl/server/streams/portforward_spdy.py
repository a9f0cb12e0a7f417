"""port-forward over SPDY/3.1: for each connection the client opens a stream for what went
wrong and one for the data, which have the connection's number in common."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from kctl.runtime.stream_types import PortForward
from kctl.runtime.types import HostUnreachable
from kctl.server.streams.engines import Engines
from kctl.server.streams.forward import forward
from kctl.server.streams.sockets import ended
from kctl.server.streams.spdy_connection import Bytes, Connection, Stream

PAIR_SECONDS = 30.0
"""Within which the second stream of a connection follows the first."""
Failure = Callable[[int, Exception], str]


class Pair:
    """The two streams of one connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: dict[str, Stream] = {}
        self.complete = asyncio.Event()


class Pairs:
    """`run` goes on until the client is gone; nothing is left of any connection then."""

    def __init__(
        self, carrier: Bytes, failure: Failure, engines: Engines, ports: PortForward
    ) -> None:
        """`failure` gives the words for (port, error)."""
        self._connection = Connection(carrier, self._opened)
        self._failure, self._engines, self._ports = failure, engines, ports
        self._pairs: dict[str, Pair] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        try:
            await self._connection.run()
        finally:
            await ended(list(self._tasks))
            await self._connection.close()

    def _opened(self, stream: Stream) -> None:
        kind, number = stream.header("streamtype"), _number(stream)
        port = _port(stream.header("port"))
        pair = self._pairs.get(number)
        if kind not in ("error", "data") or not port or (pair and kind in pair.streams):
            self._begin(_reset(stream))
            return
        if pair is None:
            pair = self._pairs[number] = Pair(port)
            self._begin(self._serve(number, pair))
        pair.streams[kind] = stream
        if len(pair.streams) == 2:
            pair.complete.set()

    def _begin(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, number: str, pair: Pair) -> None:
        words = ""
        try:
            async with asyncio.timeout(PAIR_SECONDS):
                await pair.complete.wait()
            await forward(pair.streams["data"], self._engines, self._ports, pair.port)
        except TimeoutError:
            words = "timed out waiting for the streams of a connection"
        except (OSError, HostUnreachable) as error:
            words = self._failure(pair.port, error)
        finally:
            del self._pairs[number]
            for stream in pair.streams.values():
                stream.discard()
        with contextlib.suppress(ConnectionError):
            if words and "error" in pair.streams:
                await pair.streams["error"].write(words.encode())
            for stream in pair.streams.values():
                await stream.finish()


def _number(stream: Stream) -> str:
    """Clients of old days give no number: their data streams follow the error streams."""
    given = stream.header("requestid")
    if given:
        return given
    return f"#{stream.id if stream.header('streamtype') == 'error' else stream.id - 2}"


def _port(text: str) -> int:
    """0 for what is none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if number < 65536 else 0


async def _reset(stream: Stream) -> None:
    with contextlib.suppress(ConnectionError):
        await stream.reset()
