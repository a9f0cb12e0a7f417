"""How an engine, and addresses in its host's network, are reached from here."""

from __future__ import annotations

import socket as sockets
from typing import Protocol

from kctl.runtime.docker.machine import NOTHING, Machine
from kctl.runtime.stats import Usage


class Reach(Protocol):
    """The way to one host. Safe to use from several threads."""

    @property
    def url(self) -> str:
        """As the node names it."""
        ...

    @property
    def socket(self) -> str:
        """The path of a unix socket on this machine that leads to the engine."""
        ...

    @property
    def remote(self) -> bool:
        """Whether the host is another machine than this one, as far as is known."""
        ...

    def ensure(self) -> None:
        """Have a way. Raises `HostUnreachable` within a bounded time."""
        ...

    def dial(self, host: str, port: int, timeout: float) -> sockets.socket:
        """Connect to HOST:PORT in the host's network. Raises OSError as
        `socket.create_connection` does, or `HostUnreachable`."""
        ...

    def explain(self) -> str:
        """Why the engine did not answer although there is a way; "" where nothing is known."""
        ...

    def suspect(self) -> None:
        """The engine did not answer in time: test the way, and let go of a dead one."""
        ...

    def machine(self, root: str) -> Machine:
        """What a remote host's own files say; `root` is the folder of the engine's data.
        Raises `HostUnreachable`, and TimeoutError where it takes too long this time."""
        ...

    def usage(self) -> Usage | None:
        """What a remote host as a whole uses; None where it does not say. Raises
        `HostUnreachable`."""
        ...

    def leave(self) -> None:
        """The node leaves: give up the way altogether."""
        ...

    def close(self) -> None: ...


class Local:
    """An engine behind a unix socket of this machine."""

    remote = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.socket = url.removeprefix("unix://")

    def ensure(self) -> None:
        """There is nothing to do."""

    def dial(self, host: str, port: int, timeout: float) -> sockets.socket:
        return sockets.create_connection((host, port), timeout)

    def explain(self) -> str:
        return ""

    def suspect(self) -> None:
        """There is nothing to do."""

    def machine(self, root: str) -> Machine:
        del root
        return NOTHING

    def usage(self) -> Usage | None:
        return None

    def leave(self) -> None:
        """There is nothing to do."""

    def close(self) -> None:
        """There is nothing to do."""
