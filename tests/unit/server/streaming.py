"""Handlers of streams behind a real port, with a host whose pods are made of sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from types import SimpleNamespace
from typing import Any

from kctl.api import errors
from kctl.api.errors import ApiError
from kctl.runtime.simulated_streams import Plain
from kctl.runtime.threads import Threads
from kctl.server.call import Call
from kctl.server.respond import refuse
from kctl.server.streams.engines import Engines
from kctl.server.streams.spdy import Data, Decoder, Encoder, Frame, SynReply, SynStream
from kctl.server.streams.table import STREAMS
from tests.unit.server.serving import serving

Object = dict[str, Any]


def pod(name: str = "one", *containers: str, **fields: Any) -> Object:
    """A running pod."""
    names = containers or ("c",)
    return {
        "metadata": {"name": name, "namespace": "default", "uid": "u-1"},
        "spec": {"nodeName": "n", "containers": [{"name": each} for each in names]},
        "status": {
            "phase": "Running",
            "podIP": "10.1.2.3",
            "containerStatuses": [
                {"name": each, "containerID": f"docker://{each}", "state": {"running": {}}}
                for each in names
            ],
        },
        **fields,
    }


class Local(Plain):
    """A process of this machine as `Session`; stdout alone."""

    def __init__(self, words: list[str]) -> None:
        near, far = socket.socketpair()
        with far:
            self.process = subprocess.Popen(words, stdin=far.fileno(), stdout=far.fileno())
        super().__init__(near)
        self.sizes: list[tuple[int, int]] = []

    def resize(self, rows: int, columns: int) -> None:
        self.sizes.append((rows, columns))

    def result(self) -> int:
        return self.process.wait()


class Host:
    """A runtime whose commands run here, and whose ports are those of this machine."""

    def __init__(self) -> None:
        self.sessions: list[Any] = []
        self.make: Callable[[list[str]], Any] = Local
        self.log = b""
        self.refusal: Exception | None = None
        self.closed = threading.Event()

    def exec(self, container_id: str, command: Iterable[str], **_: Any) -> Host:
        self._command = list(command)
        return self

    def attach(self, container_id: str, **_: Any) -> Host:
        self._command = ["cat"]
        return self

    def wire(self) -> Any:
        if self.refusal:
            raise self.refusal
        made = self.make(self._command)
        self.sessions.append(made)
        return made

    def log_wire(self, container_id: str, **options: Any) -> Any:
        near, self.log_end = socket.socketpair()
        self.log_end.sendall(self.log)
        if not options["follow"]:
            self.log_end.close()
        return Plain(near)

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        if self.refusal:
            raise self.refusal
        return socket.create_connection(("127.0.0.1", port), timeout)

    def port_forward(self, container_id: str, address: str) -> Host:
        return self

    def connect(self, port: int) -> Plain:
        sock = self.dial("", port, 5)
        sock.settimeout(None)
        made = Plain(sock)
        self.sessions.append(made)
        return made

    def close(self) -> None:
        """Of the ports."""
        self.closed.set()


class World:
    """Objects and a host; `app` answers as the server does, without asking who it is."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Object] = {("pods", "one"): pod()}
        self.host = Host()
        engines = Engines.__new__(Engines)
        engines._threads = Threads(8)
        engines.of = lambda pod: self.host  # type: ignore[method-assign,assignment,return-value]
        api = SimpleNamespace(get=self._get)
        self.server: Any = SimpleNamespace(api=api, reads=api, engines=engines, now=lambda: 1000.0)

    def _get(self, resource: str, name: str, namespace: str) -> Object:
        found = self.objects.get((resource, name))
        if found is None:
            raise errors.not_found(resource, name)
        return found

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        call = Call(self.server, scope, receive, send)
        handlers = STREAMS[call.info.resource, call.info.subresource]
        try:
            answer = await handlers[call.info.verb](call, None)  # type: ignore[arg-type]
        except ApiError as error:
            answer = refuse(call, error)
        if answer is not None:
            await answer(scope, receive, send)


@contextlib.asynccontextmanager
async def world() -> AsyncIterator[tuple[World, int]]:
    made = World()
    async with serving(made.app) as port:
        yield made, port
    for session in made.host.sessions:
        session.close()


POD = "/api/v1/namespaces/default/pods/one"


async def ask(port: int, request: bytes) -> bytes:
    """Everything that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    said = await reader.read()
    writer.close()
    return said


class Spdy:
    """A client that speaks SPDY/3.1."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.encoder, self.decoder = Encoder(), Decoder()
        self.next = 1

    @classmethod
    async def open(cls, port: int, path: str, *protocols: str) -> Spdy:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        offers = "".join(f"X-Stream-Protocol-Version: {each}\r\n" for each in protocols)
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
            f"{offers}Content-Length: 0\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        made = cls(reader, writer)
        made.head = head.decode().lower()
        return made

    head = ""

    def send(self, *frames: Frame) -> None:
        for frame in frames:
            self.writer.write(self.encoder.encode(frame))

    def stream(self, **headers: str) -> int:
        number, self.next = self.next, self.next + 2
        named = {name.lower(): [value] for name, value in headers.items()}
        self.send(SynStream(number, named))
        return number

    async def frames(self) -> AsyncIterator[Frame]:
        while data := await self.reader.read(65536):
            for frame in self.decoder.feed(data):
                yield frame

    async def until_ended(self, *streams: int) -> dict[int, bytes]:
        """What each stream said until all of these have ended, or the connection has."""
        said: dict[int, bytes] = dict.fromkeys(streams, b"")
        open_ones = set(streams)
        async for frame in self.frames():
            if isinstance(frame, Data) and frame.stream in said:
                said[frame.stream] += frame.payload
                if frame.fin:
                    open_ones.discard(frame.stream)
            assert not isinstance(frame, SynReply) or not frame.headers
            if not open_ones:
                return said
        return said


def wait_closed(sock: socket.socket) -> threading.Event:
    """Set once the other end has gone."""
    event = threading.Event()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while sock.recv(65536):
                continue
        event.set()

    threading.Thread(target=watch, daemon=True).start()
    return event
