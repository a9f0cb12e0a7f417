"""A remote command over SPDY/3.1, as kubectl up to 1.29 speaks it: one stream a concern, named
by its header `streamtype`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque

from kctl.api.kind import Object
from kctl.runtime.stream_types import STDERR
from kctl.server.call import Call
from kctl.server.streams import upgrade
from kctl.server.streams.remote import Gone, Options, Sizes, words_of
from kctl.server.streams.sockets import ended
from kctl.server.streams.spdy_connection import Connection, Stream

V4, V3, V2, V1 = "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"
PROTOCOLS = (V4, V3, V2, V1)
STREAMS_SECONDS = 30.0
"""Within which the client opens the streams that it asked for."""
LAST_SECONDS = 5.0
"""How long a client that was told everything may take to leave by itself."""


class SpdyRemote:
    """Implements `Remote`."""

    def __init__(self, call: Call, options: Options, protocol: str) -> None:
        self._protocol = protocol
        self._wanted = {"error"}
        for name in ("stdin", "stdout", "stderr"):
            if getattr(options, name):
                self._wanted.add(name)
        if options.tty and protocol in (V4, V3):
            self._wanted.add("resize")
        self._streams: dict[str, Stream] = {}
        self._complete = asyncio.Event()
        self._refusals: set[asyncio.Task[None]] = set()
        self._sizes, self._next_sizes = Sizes(), deque[tuple[int, int]]()
        self._connection = Connection(upgrade.switch(call, protocol), self._opened)
        self._running = asyncio.create_task(self._connection.run())

    @classmethod
    async def accept(cls, call: Call, options: Options) -> SpdyRemote:
        """Raises ApiError before anything was answered, Gone for a client that does not go
        on."""
        upgrade.must_upgrade(call)
        made = cls(call, options, upgrade.agreed(call, PROTOCOLS, V1))
        complete = asyncio.create_task(made._complete.wait())
        running = made._running
        await asyncio.wait(
            {complete, running}, timeout=STREAMS_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not complete.done() or running.done():
            complete.cancel()
            await made.close()
            raise Gone
        return made

    def _opened(self, stream: Stream) -> None:
        name = stream.header("streamtype")
        if name in self._wanted and name not in self._streams:
            self._streams[name] = stream
            if len(self._streams) == len(self._wanted):
                self._complete.set()
            return
        refusal = asyncio.create_task(_refuse(stream))
        self._refusals.add(refusal)
        refusal.add_done_callback(self._refusals.discard)

    async def stdin(self) -> bytes:
        return await self._streams["stdin"].read()

    async def resized(self) -> tuple[int, int] | None:
        stream = self._streams.get("resize")
        while stream is not None and not self._next_sizes:
            data = await stream.read()
            if not data:
                return None
            self._next_sizes.extend(self._sizes.feed(data))
        return self._next_sizes.popleft() if self._next_sizes else None

    async def write(self, stream: int, data: bytes) -> None:
        try:
            await self._streams["stderr" if stream == STDERR else "stdout"].write(data)
        except ConnectionError:
            raise Gone from None

    async def gone(self) -> None:
        await asyncio.wait({self._running})

    async def finish(self, status: Object) -> None:
        text = json.dumps(status) if self._protocol == V4 else words_of(status)
        with contextlib.suppress(ConnectionError):
            await self._streams["error"].write(text.encode())
            for name in ("stdout", "stderr", "error"):
                if name in self._streams:
                    await self._streams[name].finish()
            for name in ("stdin", "resize"):
                if name in self._streams:
                    self._streams[name].discard()
            await asyncio.wait({self._running}, timeout=LAST_SECONDS)

    async def close(self) -> None:
        await self._connection.close()
        await ended([self._running])


async def _refuse(stream: Stream) -> None:
    with contextlib.suppress(ConnectionError):
        await stream.reset()
