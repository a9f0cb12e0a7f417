"""Ports of simulated pods: whatever is sent to one comes back."""

from __future__ import annotations

import queue

from kctl.runtime.types import Duplex


class Echo:
    """Implements `Duplex`: its own other end."""

    def __init__(self) -> None:
        self._data: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def receive(self) -> bytes:
        return self._data.get()

    def send(self, data: bytes) -> None:
        if data:
            self._data.put(data)

    def finish(self) -> None:
        self._data.put(b"")

    def close(self) -> None:
        self._data.put(b"")


class EchoPorts:
    """Implements `PortForward`: something listens on every port."""

    def connect(self, port: int) -> Duplex:
        return Echo()

    def close(self) -> None:
        """There is nothing on any host."""
