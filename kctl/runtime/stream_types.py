"""What flows between a person or a client and what runs on a host.

Everything has two forms: one that blocks, for commands, whose threads copy; and a `Wire`,
the socket behind it, for a server whose event loop serves many at once.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any, Protocol

STDOUT = 1
STDERR = 2


class Wire(Protocol):
    """The two directions of a process, a log or a port as one socket.

    What is written to `sock` is its input; shutting that direction ends the input. What is
    read from it, up to the end, is for `decode`. A method beside that may block."""

    sock: socket.socket

    def decode(self, chunk: bytes) -> Iterable[tuple[int, bytes]]:
        """What a chunk as it was read holds: (STDOUT or STDERR, bytes). A port and a terminal
        have STDOUT alone."""
        ...

    def result(self) -> int:
        """Once nothing more comes: the exit code of a process, 0 of anything else. Raises
        OSError where a port could not be connected to, which may only be known then."""
        ...

    def close(self) -> None: ...


class Session(Wire, Protocol):
    """The wire of a process that may have a terminal."""

    def resize(self, rows: int, columns: int) -> None:
        """Nothing happens where the process is gone or has no terminal."""
        ...


class ExecStream(Protocol):
    """An exec or attach that is about to begin, in one of the two ways. Both raise
    FileNotFoundError where the container is gone, RuntimeError with the engine's words where
    it refuses, and `HostUnreachable`."""

    def run(self, stdin: Any, stdout: Any, stderr: Any) -> int:
        """Copy until the process ends (raw terminal and resizes where tty); its exit code."""
        ...

    def wire(self) -> Session: ...


class Duplex(Wire, Protocol):
    """A connection whose two directions end on their own. Each may be used by a thread."""

    def receive(self) -> bytes:
        """The next bytes; b"" at the end. Raises OSError."""
        ...

    def send(self, data: bytes) -> None: ...

    def finish(self) -> None:
        """Nothing more will be sent; what comes can still be received."""
        ...


class PortForward(Protocol):
    """The ports of one pod, as its own processes reach them."""

    def connect(self, port: int) -> Duplex:
        """Raises OSError where nothing listens, now, at the first `receive`, or from
        `result`."""
        ...

    def close(self) -> None:
        """Leave nothing of it on the host."""
        ...
