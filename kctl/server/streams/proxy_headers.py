"""Heads of proxied requests and answers: what is passed on, left out and put in, as the API
server's proxy does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from kctl.server.call import Call

Pairs = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"proxy-connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_OURS = frozenset({b"authorization", b"expect", b"x-forwarded-for", b"x-forwarded-uri"})
"""Of a request: who the user is was for this server alone."""
_CORS = frozenset(
    b"access-control-allow-" + each for each in (b"credentials", b"headers", b"methods", b"origin")
)
_BAD_NAME = re.compile(rb'[\x00-\x20\x7f-\xff()<>@,;:\\\[\]={}"/?]')
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_SAFE = "/:@!$&'()*+,;=~-._"


def listed(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """The names that Connection lists."""
    return frozenset(
        word.strip().lower()
        for name, value in headers
        if name == b"connection"
        for word in value.split(b",")
    )


def passed_on(headers: Iterable[tuple[bytes, bytes]]) -> Pairs:
    """All but what is between two neighbours only."""
    pairs = [(name.lower(), value) for name, value in headers]
    dropped = HOP_BY_HOP | listed(pairs)
    return [
        (name, value)
        for name, value in pairs
        if name not in dropped and not _BAD_NAME.search(name) and not _BAD_VALUE.search(value)
    ]


def request_headers(call: Call, path: str, upgrade: str) -> Pairs:
    """For the target. A body without a length is sent in chunks."""
    theirs: Pairs = call.scope["headers"]
    pairs = [
        (name, value)
        for name, value in passed_on(theirs)
        if name not in _OURS and not name.startswith(b"impersonate-")
    ]
    client = call.scope.get("client")
    came = [value for name, value in theirs if name == b"x-forwarded-for"]
    came += [client[0].encode()] if client else []
    if came:
        pairs.append((b"x-forwarded-for", b", ".join(came)))
    pairs.append((b"x-forwarded-uri", forwarded_uri(call, path).encode()))
    if upgrade:
        pairs += [(b"connection", b"Upgrade"), (b"upgrade", upgrade.encode())]
    else:
        pairs.append((b"connection", b"close"))
        if any(name == b"transfer-encoding" for name, _ in theirs):
            pairs.append((b"transfer-encoding", b"chunked"))
    return pairs


def target_path(call: Call) -> str:
    """The path for the target, "" or absolute, escaped anew."""
    rest = call.info.rest
    ends = call.scope["path"].endswith("/")
    if not rest:
        return "/" if ends else ""
    return quote(f"/{rest}" + ("/" if ends and not rest.endswith("/") else ""), safe=_SAFE)


def prefix(call: Call) -> str:
    """What stands before the target's path in ours."""
    path: str = call.scope["path"]
    return path.removesuffix(unquote(target_path(call)))


def forwarded_uri(call: Call, path: str) -> str:
    return quote(prefix(call), safe=_SAFE) + path


def answer_headers(call: Call, headers: Iterable[tuple[bytes, bytes]], netloc: str) -> Pairs:
    """For the client: redirects within the target lead through the proxy as well."""
    return [
        (name, _through(call, value, netloc) if name == b"location" else value)
        for name, value in passed_on(headers)
        if name not in _CORS
    ]


def _through(call: Call, value: bytes, netloc: str) -> bytes:
    """A redirect's target, rewritten where it is an absolute path of the same host
    (apimachinery's proxy.Transport)."""
    try:
        url = urlsplit(value.decode("latin-1"))
    except ValueError:
        return value
    host = call.headers.get("host", "")
    if (url.netloc and url.netloc not in (netloc, host)) or not url.path.startswith("/"):
        return value
    before = prefix(call)
    path = url.path
    if not path.startswith(before):
        path = posixpath.normpath(f"{quote(before, safe=_SAFE)}/{path}")
        path += "/" if url.path.endswith("/") and not path.endswith("/") else ""
    keep = url.netloc == host
    made = (url.scheme if keep else "", url.netloc if keep else "", path, url.query, url.fragment)
    return urlunsplit(made).encode("latin-1", "replace")
