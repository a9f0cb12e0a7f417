"""A stream of the engine as a `Wire`."""

from __future__ import annotations

from collections.abc import Iterable

from kctl.runtime.docker.frames import Demultiplexer
from kctl.runtime.docker.hijack import Stream
from kctl.runtime.stream_types import STDOUT


class Streamed:
    """`tty` says that the bytes come as they are; without one stdout and stderr share the
    stream in the engine's frames."""

    def __init__(self, stream: Stream, *, tty: bool) -> None:
        self.stream, self.sock, self.tty = stream, stream.sock, tty
        self._frames = None if tty else Demultiplexer()

    def decode(self, chunk: bytes) -> Iterable[tuple[int, bytes]]:
        return [(STDOUT, chunk)] if self._frames is None else self._frames.feed(chunk)

    def result(self) -> int:
        return 0

    def close(self) -> None:
        self.stream.close()
