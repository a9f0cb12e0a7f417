"""The digest of an engine's container list, and the cheapest way to get one.

A read command asks the engine one question over its socket, without any client
library: does the list still look as it did when the last pass ended?
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

TIMEOUT = 2.0
"""Seconds that a peek may take in all its steps; a slower engine gets a whole pass."""

_SECONDS = {"second": 1, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_FOR_EVER = 1e18
"""Of longer uptimes: a pass has seen the start."""


def digest(containers: Iterable[Mapping[str, Any]]) -> str:
    """Of the entries that `GET /containers/json?all=1` answers: ids and states."""
    import zlib

    lines = sorted(f"{each['Id']} {each['State']}" for each in containers)
    text = "\n".join(lines).encode()
    return f"{len(lines)}-{zlib.crc32(text):08x}-{zlib.adler32(text):08x}"


def list_query(cluster: str) -> str:
    """The path of the one list call, for the containers of one control plane."""
    label = f"%7B%22label%22%3A%5B%22io.kctl.cluster%3D{cluster}%22%5D%7D"
    return f"/containers/json?all=1&filters={label}"


def moved_since(containers: Iterable[Mapping[str, Any]], seconds: float) -> bool:
    """Whether a container started or ended less than `seconds` ago, by the text of its entry:
    an engine that restarts one by itself shows the same state before and after."""
    return any(_longest(each.get("Status", "")) < seconds for each in containers)


def _longest(status: str) -> float:
    """How long ago "Up 5 seconds" or "Restarting (1) 5 seconds ago" may be at most, in
    seconds."""
    _, _, ago = status.partition(") ")
    words = (ago or status.removeprefix("Up ")).split(" ")
    if words[0] == "Less":
        return 1.0
    if words[0] == "About":
        return 120.0 if words[2] == "minute" else 5400.0
    size = _SECONDS.get(words[1]) if len(words) > 1 and words[0].isdigit() else None
    return (int(words[0]) + 1) * size if size else _FOR_EVER


def peek(url: str, cluster: str, since: float) -> str:
    """The digest now, of an engine on a unix socket; "" where it cannot be had, and where a
    container started or ended after `since`, in epoch seconds."""
    import _socket  # the package around it imports enum and selectors, 5 ms of a read
    import time

    from kctl.light_json import loads

    if url.startswith("ssh://"):
        from kctl.runtime.ssh.places import standing

        path = standing(url)
    else:
        path = url.removeprefix("unix://")
    if not path.startswith("/"):
        return ""
    request = f"GET {list_query(cluster)} HTTP/1.0\r\nHost: kctl\r\n\r\n".encode()
    sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        sock.settimeout(TIMEOUT)
        sock.connect(path)
        sock.sendall(request)
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    except OSError:
        return ""
    finally:
        sock.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.split(b"\r\n", 1)[0].endswith(b"200 OK"):
        return ""
    rows = loads(body)
    return "" if moved_since(rows, time.time() - since) else digest(rows)
