"""One connection to the engine that turns into a byte stream (exec, attach).

docker-py hands out the raw socket beneath its buffered reader, which loses whatever
arrived together with the answer's head; so the head is read here, by hand. Engines are
always reached through a unix socket (`DockerRuntime`), remote ones through a forwarded one.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from docker.errors import APIError

_HEAD_LIMIT = 65536


class Stream:
    """The two directions after the engine switched protocols."""

    def __init__(self, sock: socket.socket, rest: bytes) -> None:
        self._sock, self._rest = sock, rest

    def receive(self) -> bytes:
        """The next bytes; b"" at the end."""
        if self._rest:
            data, self._rest = self._rest, b""
            return data
        return self._sock.recv(65536)

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def finish(self) -> None:
        """Nothing more will be sent; what comes can still be received."""
        self._sock.shutdown(socket.SHUT_WR)

    def wait_at_most(self, seconds: float | None) -> None:
        """Let `receive` raise TimeoutError after so long; None waits for ever."""
        self._sock.settimeout(seconds)

    def close(self) -> None:
        self._sock.close()


def post(path: str, url: str, body: Any, timeout: float) -> Stream:
    """POST `body` to the engine's socket at `url` ("unix:///…") and keep the connection."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(url.removeprefix("unix://"))
        data = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
            f"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        sock.sendall(head.encode() + data)
        status, rest = _read_head(sock)
        if status not in (101, 200):
            raise APIError(*_refusal(sock, status, rest))
        sock.settimeout(None)
    except BaseException:
        sock.close()
        raise
    return Stream(sock, rest)


def _read_head(sock: socket.socket) -> tuple[int, bytes]:
    """(status, what came after the head)."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(4096)
        if not more or len(data) > _HEAD_LIMIT:
            raise ConnectionError("the engine closed the connection before it answered")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), rest


def _refusal(sock: socket.socket, status: int, rest: bytes) -> tuple[str, Any, str]:
    """APIError's arguments: (message, response, explanation)."""
    sock.settimeout(1.0)
    try:
        while b"}" not in rest:
            more = sock.recv(4096)
            if not more:
                break
            rest += more
    except TimeoutError:
        rest += b""
    start, end = rest.find(b"{"), rest.rfind(b"}")
    text = rest[start : end + 1] if start >= 0 else rest
    try:
        words = str(json.loads(text)["message"])
    except (ValueError, KeyError):
        words = text.decode(errors="replace")
    return f"{status}: {words}", None, words
