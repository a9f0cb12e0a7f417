"""What a node's engine can be asked: the protocol that every runtime keeps."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kctl.runtime.image_types import ImageStore, Suppliers
from kctl.runtime.observations import NodeObservation
from kctl.runtime.operations import Operation, Outcome
from kctl.runtime.stats import NodeUsage
from kctl.runtime.stream_types import ExecStream, PortForward, Wire


@dataclass(frozen=True, slots=True)
class RuntimeEvent:
    """A hint that a pass is due."""

    node: str
    uid: str = ""
    container: str = ""
    action: str = ""


class Runtime(Protocol):
    """One node's engine. Every method is safe to call from several threads, returns or
    raises `HostUnreachable` within a bounded time, and never blocks on another node."""

    name: str
    """of the implementation: "docker", "simulated" """

    @property
    def images(self) -> ImageStore:
        """What is there of images, and the way to bring some."""
        ...

    def supply(self, suppliers: Suppliers) -> None:
        """Whom to ask for an image that a pod needs and that is not here."""
        ...

    def observe(self, *, facts: bool = False) -> NodeObservation:
        """Look at everything of this control plane (one list call, inspects only where
        something changed since the last look of this process). Unreachable is a value."""
        ...

    def execute(self, operation: Operation) -> Outcome: ...

    def usage(self, pods: Collection[str] | None = None) -> NodeUsage:
        """What the running containers of the pods with these uids (None: of all) and the machine
        itself have used so far. What does not tell is left out. Raises `HostUnreachable`."""
        ...

    def events(self, stop: Any) -> Iterator[RuntimeEvent]:
        """Blocks; ends when `stop` (a threading.Event) is set or the stream breaks."""
        ...

    def logs(
        self,
        container_id: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: float | None = None,
        until: float | None = None,
        timestamps: bool = False,
    ) -> Iterator[bytes]:
        """Lines (stdout and stderr in the order written), newline included."""
        ...

    def log_wire(
        self,
        container_id: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: float | None = None,
        until: float | None = None,
        timestamps: bool = False,
    ) -> Wire:
        """The same as a wire. Raises FileNotFoundError where the container is gone."""
        ...

    def exec(
        self, container_id: str, command: Sequence[str], *, stdin: bool, tty: bool
    ) -> ExecStream: ...

    def attach(
        self,
        container_id: str,
        *,
        stdin: bool,
        tty: bool,
        replay: bool = False,
        detach_keys: str = "",
    ) -> ExecStream:
        """The streams of the container's own process; `tty` as the container has it.
        `replay`: begin with what it has written so far. `detach_keys`: "ctrl-p,ctrl-q"."""
        ...

    def port_forward(self, container_id: str, address: str) -> PortForward:
        """The ports of the pod at `address`, of which `container_id` is a running container."""
        ...

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        """Connect to ADDRESS:PORT in the network of the host. Raises OSError as
        `socket.create_connection` does."""
        ...

    def close(self) -> None: ...


class HostUnreachable(Exception):
    """The engine of a node does not answer; the message says how."""
