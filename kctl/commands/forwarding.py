"""Connections that port-forward carries: two threads each, one a direction."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import TYPE_CHECKING

from kctl.commands.context import Context
from kctl.commands.forward_listen import Listening
from kctl.commands.forward_ports import Forwarded

if TYPE_CHECKING:
    from kctl.runtime.stream_types import Duplex, PortForward


class Forwarding:
    """Accepts on the listening sockets until it is stopped or the pod is lost."""

    def __init__(self, ctx: Context, ports: PortForward, listening: Listening, pod: str) -> None:
        self._ctx, self._ports, self._listening, self._pod = ctx, ports, listening, pod
        self._say = threading.Lock()
        self._wake, self._waker = socket.socketpair()
        self.lost = False
        """A connection failed: the session ends, as kubectl's does."""

    def turn(self, seconds: float) -> None:
        """Accept whatever comes within so long."""
        with selectors.DefaultSelector() as selector:
            for listener, pair in self._listening:
                selector.register(listener, selectors.EVENT_READ, pair)
            selector.register(self._wake, selectors.EVENT_READ)
            for key, _ in selector.select(seconds):
                if key.data is not None:
                    self._accept(key.fileobj, key.data)  # type: ignore[arg-type]

    def _accept(self, listener: socket.socket, pair: Forwarded) -> None:
        connection, _ = listener.accept()
        with self._say:
            self._ctx.say(f"Handling connection for {pair.local}")
            self._ctx.out.flush()
        threading.Thread(target=self._carry, args=(connection, pair), daemon=True).start()

    def _carry(self, local: socket.socket, pair: Forwarded) -> None:
        """One connection, until the pod's end is done with it."""
        with local:
            try:
                remote = self._ports.connect(pair.remote)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                self._fail(pair, error)
                return
            try:
                threading.Thread(target=_send, args=(local, remote), daemon=True).start()
                self._receive(local, remote, pair)
            finally:
                remote.close()
                with contextlib.suppress(OSError):
                    local.shutdown(socket.SHUT_RDWR)  # wakes the other thread

    def _receive(self, local: socket.socket, remote: Duplex, pair: Forwarded) -> None:
        while True:
            try:
                data = remote.receive()
            except ConnectionResetError:
                return
            except OSError as error:
                self._fail(pair, error)
                return
            if not data:
                return
            try:
                local.sendall(data)
            except OSError:
                return  # the client is gone

    def _fail(self, pair: Forwarded, error: Exception) -> None:
        why = getattr(error, "strerror", None) or str(error)
        with self._say:
            self._ctx.err.write(
                f"an error occurred forwarding {pair.local} -> {pair.remote}: error forwarding "
                f"port {pair.remote} to pod {self._pod}: {why.lower()}\n"
            )
            self._ctx.err.flush()
        self.lost = True
        self._waker.send(b"x")


def _send(local: socket.socket, remote: Duplex) -> None:
    """What the client sends, up to its end."""
    with contextlib.suppress(OSError):
        while data := local.recv(65536):
            remote.send(data)
        remote.finish()
