"""One connection to the engine that turns into a byte stream (exec, attach, logs).

docker-py hands out the raw socket beneath its buffered reader, which loses whatever
arrived together with the answer's head; so the head is read here, by hand, and not a byte
more. Engines are always reached through a unix socket (`DockerRuntime`), remote ones through
a forwarded one.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from docker.errors import APIError

_HEAD_LIMIT = 65536
_END = b"\r\n\r\n"


class Stream:
    """The two directions after the engine's answer."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def receive(self) -> bytes:
        """The next bytes; b"" at the end."""
        return self.sock.recv(65536)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def finish(self) -> None:
        """Nothing more will be sent; what comes can still be received."""
        self.sock.shutdown(socket.SHUT_WR)

    def wait_at_most(self, seconds: float | None) -> None:
        """Let `receive` raise TimeoutError after so long; None waits for ever."""
        self.sock.settimeout(seconds)

    def close(self) -> None:
        self.sock.close()


def post(path: str, url: str, body: Any, timeout: float) -> Stream:
    """POST `body` to the engine's socket at `url` ("unix:///…") and keep the connection.
    Raises APIError, OSError."""
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
        f"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return _ask(url, head.encode() + data, timeout)


def get(path: str, url: str, timeout: float) -> Stream:
    """GET what ends with the connection: in HTTP/1.0 a body is not cut into chunks. Raises
    APIError, OSError."""
    return _ask(url, f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode(), timeout)


def _ask(url: str, request: bytes, timeout: float) -> Stream:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(url.removeprefix("unix://"))
        sock.sendall(request)
        status = _read_head(sock)
        if status not in (101, 200):
            raise APIError(*_refusal(sock, status))
        sock.settimeout(None)
    except BaseException:
        sock.close()
        raise
    return Stream(sock)


def _read_head(sock: socket.socket) -> int:
    """The status. What comes behind the head stays in the socket."""
    data = b""
    while (end := data.find(_END)) < 0:
        known = len(data)
        data += sock.recv(4096, socket.MSG_PEEK)
        if len(data) == known or known > _HEAD_LIMIT:
            raise ConnectionError("the engine closed the connection before it answered")
        end = data.find(_END)
        sock.recv((end + len(_END) if end >= 0 else len(data)) - known)
    return int(data[:end].split(b" ", 2)[1])


def _refusal(sock: socket.socket, status: int) -> tuple[str, Any, str]:
    """APIError's arguments: (message, response, explanation)."""
    sock.settimeout(1.0)
    rest = b""
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
