"""A client of an OpenSSH master, as PROTOCOL.mux of OpenSSH has it (version 4 of the protocol).

Everything goes through the master's control socket: forwards, streams to an address of the
host's network, commands. A packet is a length and a body; numbers are big-endian; descriptors
travel beside the packets. No process is started for any of it.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from dataclasses import dataclass

_VERSION = 4
_HELLO = 0x00000001
_NEW_SESSION = 0x10000002
_ALIVE = 0x10000004
_TERMINATE = 0x10000005
_OPEN_FORWARD = 0x10000006
_CLOSE_FORWARD = 0x10000007
_STDIO_FORWARD = 0x10000008
_OK = 0x80000001
_DENIED = 0x80000002
_FAILURE = 0x80000003
_EXIT = 0x80000004
_IS_ALIVE = 0x80000005
_OPENED = 0x80000006
_LOCAL = 1
_UNIX_SOCKET = 0xFFFFFFFE
"""in place of a port: the address is a path"""
_NO_ESCAPE = 0xFFFFFFFF
_SHORTEST, _LARGEST = 8, 1 << 18


class MuxError(OSError):
    """The master refused, or does not speak as it should."""


@dataclass
class Mux:
    """One connection to a master. A stream or a command that was opened over it lives as
    long as it does."""

    sock: socket.socket
    _request: int = 0

    @classmethod
    def connect(cls, control: str, timeout: float) -> Mux:
        """Raises OSError where no master listens, or none answers in time."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            sock.connect(control)
            found = cls(sock)
            found._send(_number(_HELLO, _VERSION))
            kind, version = struct.unpack_from(">II", found._receive())
            if kind != _HELLO or version != _VERSION:
                raise MuxError(f"the ssh master speaks version {version} of its protocol")
        except BaseException:
            sock.close()
            raise
        return found

    def __enter__(self) -> Mux:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def stands(self) -> bool:
        """Whether the master still holds this connection; it says nothing unasked."""
        waiting = select.poll()
        waiting.register(self.sock, select.POLLIN)
        return not waiting.poll(0)

    def process(self) -> int:
        """The master's process."""
        return int.from_bytes(self._ask(_ALIVE, b"", (_IS_ALIVE,))[:4], "big")

    def terminate(self) -> None:
        """End the master and every connection through it."""
        self._ask(_TERMINATE, b"", (_OK,))

    def open_forward(self, local: str, remote: str) -> None:
        """Let `local`, a socket's path here, lead to `remote`, one there; again is fine."""
        self._ask(_OPEN_FORWARD, _forward(local, remote), (_OK,))

    def close_forward(self, local: str, remote: str) -> None:
        """Nothing there is fine."""
        with contextlib.suppress(MuxError):
            self._ask(_CLOSE_FORWARD, _forward(local, remote), (_OK,))

    def open_stream(self, host: str, port: int, source: int, sink: int) -> None:
        """Connect two descriptors with HOST:PORT of the host's network: what is read from
        `source` goes there, what comes is written to `sink`. Raises `MuxError` where there
        is no way; the protocol does not say why."""
        self._begin(_STDIO_FORWARD, _text("") + _text(host) + _number(port), (source, sink))

    def run(self, command: str, source: int, sink: int, errors: int) -> None:
        """Start a command of the login user with these descriptors as its streams."""
        body = _text("") + _number(0, 0, 0, 0, _NO_ESCAPE) + _text("") + _text(command)
        self._begin(_NEW_SESSION, body, (source, sink, errors))

    def exit_code(self) -> int:
        """Of the command started, when it ends; 255 where the connection broke first."""
        try:
            while True:
                data = self._receive()
                if int.from_bytes(data[:4], "big") == _EXIT:
                    return int.from_bytes(data[8:12], "big")
        except ConnectionResetError:
            return 255

    # --- packets ---

    def _ask(self, kind: int, body: bytes, good: tuple[int, ...]) -> bytes:
        self._request += 1
        self._send(_number(kind, self._request) + body)
        return self._answer(good)

    def _begin(self, kind: int, body: bytes, descriptors: tuple[int, ...]) -> None:
        self._request += 1
        self._send(_number(kind, self._request) + body)
        for each in descriptors:
            socket.send_fds(self.sock, [b"\0"], [each])
        self._answer((_OPENED,))

    def _answer(self, good: tuple[int, ...]) -> bytes:
        """What follows the head of the answer to the last request."""
        while True:
            data = self._receive()
            kind, request = struct.unpack_from(">II", data)
            if request != self._request:
                continue
            if kind in (_DENIED, _FAILURE):
                raise MuxError(data[12:].decode(errors="replace"))  # a text after its length
            if kind not in good:
                raise MuxError(f"the ssh master answered {kind:#x}")
            return data[8:]

    def _send(self, body: bytes) -> None:
        self.sock.sendall(_number(len(body)) + body)

    def _receive(self) -> bytes:
        size = struct.unpack(">I", self._exactly(4))[0]
        if not _SHORTEST <= size <= _LARGEST:
            raise MuxError("the ssh master sent a packet of a wrong size")
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.sock.recv(size - len(data))
            if not more:
                raise ConnectionResetError("the ssh master closed the connection")
            data += more
        return data


def _forward(local: str, remote: str) -> bytes:
    place = _text(local) + _number(_UNIX_SOCKET), _text(remote) + _number(_UNIX_SOCKET)
    return _number(_LOCAL) + b"".join(place)


def _number(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def _text(value: str) -> bytes:
    data = value.encode()
    return _number(len(data)) + data
