"""Streams of simulated pods: a process prints one line, and whatever is sent to a port comes
back."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable
from typing import Any

from kctl.runtime.stream_types import STDOUT, Duplex, Session


class Plain:
    """One end of a pair of sockets as `Duplex` and `Session`."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def receive(self) -> bytes:
        return self.sock.recv(65536)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def finish(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def decode(self, chunk: bytes) -> Iterable[tuple[int, bytes]]:
        return [(STDOUT, chunk)]

    def resize(self, rows: int, columns: int) -> None:
        """There is no terminal."""

    def result(self) -> int:
        return 0

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)  # wakes who is in `receive`
        self.sock.close()


def printed(text: bytes) -> Plain:
    """What is read is `text`, then the end."""
    near, far = socket.socketpair()
    threading.Thread(target=_print, args=(far, text), daemon=True).start()
    return Plain(near)


def _print(sock: socket.socket, text: bytes) -> None:
    with sock, contextlib.suppress(OSError):
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):  # what is sent to it has nowhere to go
            continue


def echo() -> Plain:
    near, far = socket.socketpair()
    threading.Thread(target=_echo, args=(far,), daemon=True).start()
    return Plain(near)


def _echo(sock: socket.socket) -> None:
    with sock, contextlib.suppress(OSError):
        while data := sock.recv(65536):
            sock.sendall(data)


class Printing:
    """Implements `ExecStream`: a process that prints one line, if any, and succeeds."""

    def __init__(self, line: str) -> None:
        self._text = f"{line}\n".encode() if line else b""

    def run(self, stdin: Any, stdout: Any, stderr: Any) -> int:
        stdout.write(self._text)
        stdout.flush()
        return 0

    def wire(self) -> Session:
        return printed(self._text)


class EchoPorts:
    """Implements `PortForward`: something listens on every port."""

    def connect(self, port: int) -> Duplex:
        return echo()

    def close(self) -> None:
        """There is nothing on any host."""
