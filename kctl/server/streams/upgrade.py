"""From HTTP to SPDY/3.1: the head of the answer, and the protocol within that both know."""

from __future__ import annotations

from collections.abc import Sequence

from kctl.api.errors import ApiError, bad_request
from kctl.server.call import Call
from kctl.server.raw import Raw

SPDY = "spdy/3.1"
_VERSION = "x-stream-protocol-version"


class Carrier:
    """A connection that was taken over, as what carries SPDY's frames."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw

    async def read(self) -> bytes:
        return await self._raw.read()

    async def write(self, data: bytes) -> None:
        self._raw.write(data)
        await self._raw.drain()

    async def close(self) -> None:
        self._raw.close()


def offered(call: Call) -> list[str]:
    """The protocols that the client speaks, the one that it likes best first."""
    words = call.headers.get(_VERSION, "").split(",")
    return [each.strip() for each in words if each.strip()]


def agreed(call: Call, known: Sequence[str], default: str) -> str:
    """The protocol to speak. `default` is for a client that names none. Raises Forbidden, as
    apimachinery's httpstream.Handshake ends."""
    asked = offered(call)
    if not asked:
        return default
    for each in asked:
        if each in known:
            return each
    theirs, ours = " ".join(asked), " ".join(known)
    words = f"unable to negotiate protocol: client supports [{theirs}], server accepts [{ours}]"
    raise ApiError(403, "Forbidden", f"unable to upgrade: {words}")


def must_upgrade(call: Call) -> None:
    """Raises BadRequest where the request does not ask for SPDY/3.1."""
    if call.connection is None or call.connection.upgrade != SPDY:
        raise bad_request("Upgrade request required")


def switch(call: Call, protocol: str) -> Carrier:
    """Take the connection over, and answer that SPDY is spoken from here on."""
    raw: Raw = call.connection.take_over()
    head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
    if offered(call):
        head += f"X-Stream-Protocol-Version: {protocol}\r\n"
    raw.write(f"{head}\r\n".encode())
    return Carrier(raw)
