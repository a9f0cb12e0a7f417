"""SPDY/3's header blocks: names and values, compressed with a dictionary that both sides know.

The compressor of each direction lives as long as its connection, so blocks have to be packed
and unpacked in the order in which they are sent.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

Headers = dict[str, list[str]]

LIMIT = 64 * 1024
"""Bytes of an unpacked block."""
_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language "
    "accept-ranges age allow authorization cache-control connection content-base "
    "content-encoding content-language content-length content-location content-md5 "
    "content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location "
    "max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after "
    "server te trailer transfer-encoding upgrade user-agent vary via warning "
    "www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie "
    "keep-alive origin"
)
_CODES = (
    "100 101 201 202 205 206 300 302 303 304 305 306 307 402 405 406 407 408 409 410 411 412 "
    "413 414 415 416 417 502 504 505"
)
_REST = (
    "203 Non-Authoritative Information",
    "204 No Content",
    "301 Moved Permanently",
    "400 Bad Request",
    "401 Unauthorized",
    "403 Forbidden",
    "404 Not Found",
    "500 Internal Server Error",
    "501 Not Implemented",
    "503 Service Unavailable",
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    " 00:00:00",
    " Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT",
    "chunked,text/html,image/png,image/jpg,image/gif,",
    "application/xml,application/xhtml+xml,text/plain,",
    "text/javascript,public",
    "privatemax-age=gzip,deflate,sdch",
    "charset=utf-8charset=iso-8859-1,utf-,*,enq=0.",
)


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _text(word: str) -> bytes:
    data = word.encode("latin-1")
    return _number(len(data)) + data


DICTIONARY = (
    b"".join(_text(word.replace("_", " ")) for word in _WORDS.split())
    + _CODES.replace(" ", "").encode()
    + "".join(_REST).encode()
)
"""Of the protocol's third version (section 2.6.10.1); its Adler-32 is 0xe3c6a7c2."""


class BadBlock(ValueError):
    """A block that is no SPDY/3 header block."""


class Packer:
    def __init__(self) -> None:
        self._compressor = zlib.compressobj(zdict=DICTIONARY)

    def pack(self, headers: Mapping[str, list[str]]) -> bytes:
        """Names in lower case, none of them empty. Values without NUL."""
        parts = [_number(len(headers))]
        for name, values in headers.items():
            parts += [_text(name), _text("\0".join(values))]
        data = self._compressor.compress(b"".join(parts))
        return data + self._compressor.flush(zlib.Z_SYNC_FLUSH)


class Unpacker:
    def __init__(self) -> None:
        self._decompressor = zlib.decompressobj(zdict=DICTIONARY)

    def unpack(self, block: bytes) -> Headers:
        """Raises BadBlock; nothing can be unpacked after that."""
        try:
            data = self._decompressor.decompress(block, LIMIT + 1)
        except zlib.error as error:
            raise BadBlock(f"the header block cannot be unpacked: {error}") from None
        if len(data) > LIMIT or self._decompressor.unconsumed_tail:
            raise BadBlock(f"the header block has more than {LIMIT} bytes")
        return _parse(data)


def _parse(data: bytes) -> Headers:
    headers: Headers = {}
    count, at = _take_number(data, 0)
    for _ in range(count):
        name, at = _take(data, at)
        value, at = _take(data, at)
        if not name or name != name.lower() or name in headers:
            raise BadBlock("a header name is empty, not in lower case, or there twice")
        headers[name] = value.split("\0")
    if at != len(data):
        raise BadBlock("there is more behind the header block")
    return headers


def _take_number(data: bytes, at: int) -> tuple[int, int]:
    if len(data) < at + 4:
        raise BadBlock("the header block ends too early")
    return int.from_bytes(data[at : at + 4], "big"), at + 4


def _take(data: bytes, at: int) -> tuple[str, int]:
    size, at = _take_number(data, at)
    if len(data) < at + size:
        raise BadBlock("the header block ends too early")
    return data[at : at + size].decode("latin-1"), at + size
