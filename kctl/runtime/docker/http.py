"""One HTTP GET of a probe or a hook, as the kubelet makes it: no verification of
certificates, at most a few kilobytes of the answer, up to ten redirects on one host."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Dial = Callable[[str, int, float], socket.socket]
"""(host, port, seconds): a connection; raises OSError (`Context.dial`)."""

_BODY_LIMIT = 10 * 1024
_REDIRECTS = 10


class HttpFailure(Exception):
    """No answer; the text is Go's as far as it can be."""


def get(
    dial: Dial,
    scheme: str,
    host: str,
    port: int,
    path: str,
    headers: Iterable[Mapping[str, str]] = (),
    timeout: float = 1.0,
) -> tuple[int, bytes]:
    """(status, body). Raises `HttpFailure`."""
    url = f"{scheme.lower()}://{_netloc(host, port)}/{path.lstrip('/')}"
    sent = {"User-Agent": "kube-probe/1.37", "Accept": "*/*"}
    sent |= {each["name"]: each.get("value", "") for each in headers}
    for _ in range(_REDIRECTS):
        status, body, target = _once(dial, url, sent, timeout)
        if status not in (301, 302, 303, 307, 308) or not target:
            return status, body
        following = urllib.parse.urljoin(url, target)
        if urllib.parse.urlsplit(following).hostname != urllib.parse.urlsplit(url).hostname:
            return status, body  # the kubelet takes a redirect elsewhere as a success
        url = following
    raise HttpFailure(f'Get "{url}": stopped after {_REDIRECTS} redirects')


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _once(
    dial: Dial, url: str, headers: Mapping[str, str], timeout: float
) -> tuple[int, bytes, str]:
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, parts.port, timeout=timeout)
    target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        connection.sock = dial(host, connection.port, timeout)
        if secure:
            connection.sock = _without_verification(connection.sock, host)
        connection.request("GET", target, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(_BODY_LIMIT), answer.getheader("Location") or ""
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HttpFailure(f'Get "{url}": {reason(error, _netloc(host, connection.port))}') from None
    finally:
        connection.close()


def _without_verification(sock: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=host)


def reason(error: Any, address: str) -> str:
    """Why a connection failed, in Go's words."""
    import errno

    if isinstance(error, TimeoutError):
        return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    words = {
        errno.ECONNREFUSED: "connect: connection refused",
        errno.EHOSTUNREACH: "connect: no route to host",
        errno.ENETUNREACH: "connect: network is unreachable",
    }
    number = getattr(error, "errno", None)
    if number in words:
        return f"dial tcp {address}: {words[number]}"
    if isinstance(error, http.client.RemoteDisconnected):
        return "EOF"
    if isinstance(error, ConnectionResetError):
        return "read: connection reset by peer"
    return str(error)
