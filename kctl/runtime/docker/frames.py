"""Docker's multiplexed stream: stdout and stderr of a process without a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

STDERR = 2
_HEADER = 8


class Demultiplexer:
    """Chunks of any size in, (stream, payload) frames out. Payloads are handed on as they
    come, without waiting for the rest of a frame."""

    def __init__(self) -> None:
        self._header = b""
        self._left = 0
        self._stream = 1

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        while chunk:
            if self._left:
                payload, chunk = chunk[: self._left], chunk[self._left :]
                self._left -= len(payload)
                yield self._stream, payload
                continue
            missing = _HEADER - len(self._header)
            self._header, chunk = self._header + chunk[:missing], chunk[missing:]
            if len(self._header) == _HEADER:
                self._stream = self._header[0]
                self._left = int.from_bytes(self._header[4:8], "big")
                self._header = b""


def lines(chunks: Iterable[bytes], *, tty: bool) -> Iterator[bytes]:
    """Whole lines of a log, newline included, in the order in which they were finished; a
    last line without one comes as it is."""
    pending: dict[int, bytes] = {}
    frames = Demultiplexer()
    for chunk in chunks:
        for stream, payload in [(1, chunk)] if tty else frames.feed(chunk):
            *whole, rest = (pending.get(stream, b"") + payload).split(b"\n")
            pending[stream] = rest
            for line in whole:
                yield line + b"\n"
    for rest in pending.values():
        if rest:
            yield rest
