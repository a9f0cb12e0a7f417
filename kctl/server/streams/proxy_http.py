"""One HTTP/1.1 exchange with the target of a proxy, streamed both ways."""

from __future__ import annotations

import asyncio
from collections import deque

import httptools

from kctl.server.streams.proxy_headers import Pairs

HEAD_LIMIT = 64 * 1024
_END = b"\r\n\r\n"
_NO_BODY = (204, 304)


class BadAnswer(Exception):
    """What the target says is no HTTP, or stops in the middle."""


def request_head(method: str, path: str, query: bytes, headers: Pairs) -> bytes:
    target = path.encode() + (b"?" + query if query else b"")
    lines = [b"%s %s HTTP/1.1" % (method.encode(), target)]
    lines += [b"%s: %s" % pair for pair in headers]
    return b"\r\n".join(lines) + _END


async def read_head(reader: asyncio.StreamReader) -> bytes:
    """The head of the answer as it came, behind whatever only says that one follows. Raises
    BadAnswer."""
    while True:
        try:
            head = await reader.readuntil(_END)
        except asyncio.IncompleteReadError as error:
            raise BadAnswer("EOF" if not error.partial else "unexpected EOF") from None
        except asyncio.LimitOverrunError:
            raise BadAnswer("the head of the answer is too long") from None
        except OSError as error:
            raise BadAnswer(str(error)) from None
        status = status_of(head)
        if status == 101 or status >= 200:
            return head


def status_of(head: bytes) -> int:
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise BadAnswer("malformed HTTP response")
    status = int(words[1])
    if not 100 <= status < 600:
        raise BadAnswer("malformed HTTP status code")
    return status


class Answer:
    """An answer whose head has come."""

    def __init__(self, head: bytes, reader: asyncio.StreamReader, *, bodiless: bool) -> None:
        """`bodiless`: of a HEAD. Raises BadAnswer."""
        self.status = status_of(head)
        self.headers: Pairs = []
        self._reader = reader
        self._pieces: deque[bytes] = deque()
        self._head_complete = False
        self._complete = bodiless or self.status in _NO_BODY
        self._parser = httptools.HttpResponseParser(self)
        self._feed(head)
        names = {name for name, _ in self.headers}
        self._ends_with_connection = (
            b"content-length" not in names and b"transfer-encoding" not in names
        )

    # --- for the parser ---

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_complete:  # what comes behind a body in chunks is left out
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._head_complete = True

    def on_body(self, data: bytes) -> None:
        self._pieces.append(data)

    def on_message_complete(self) -> None:
        self._complete = True

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._complete = True
        except httptools.HttpParserError as error:
            raise BadAnswer(f"malformed HTTP response: {error}") from None

    async def read(self) -> bytes:
        """The next of the body; b"" at its end. Raises BadAnswer where it stops before."""
        while not self._pieces and not self._complete:
            try:
                data = await self._reader.read(HEAD_LIMIT)
            except OSError as error:
                raise BadAnswer(str(error)) from None
            if not data:
                if not self._ends_with_connection:
                    raise BadAnswer("unexpected EOF")
                self._complete = True
                break
            self._feed(data)
        return self._pieces.popleft() if self._pieces else b""
