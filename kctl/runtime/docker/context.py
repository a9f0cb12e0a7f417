"""What the operations of one runtime share: the engine and what is known about it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kctl.runtime.docker.client import Engine
from kctl.runtime.docker.images import Images
from kctl.runtime.docker.imagestore import DockerImages
from kctl.runtime.docker.imagetar import OwnImages
from kctl.runtime.docker.manifest import FrontMemory
from kctl.runtime.docker.network import PodNetworkOfNode
from kctl.runtime.docker.observe import Observer
from kctl.runtime.image_types import Suppliers, nobody
from kctl.runtime.observations import PodObservation
from kctl.runtime.operations import Operation, Outcome

Event = tuple[str, str, str]


@dataclass(eq=False)
class Failure(Exception):
    """An expected failure of an operation; becomes its outcome."""

    reason: str
    message: str
    events: tuple[Event, ...] = ()


@dataclass
class Context:
    """One runtime's parts."""

    node: str
    engine: Engine
    cluster: str
    settings: Mapping[str, str]
    network: PodNetworkOfNode
    observer: Observer
    images: Images
    own_images: OwnImages
    suppliers: Suppliers = nobody
    store: DockerImages = field(init=False)
    host_addresses: Callable[[], tuple[str, ...]] = lambda: ("127.0.0.1",)
    fronts: FrontMemory = field(default_factory=FrontMemory)
    uploaded: dict[str, str] = field(default_factory=dict)
    """pod uid -> digest of the volume contents that this process put there"""
    pod_locks: dict[str, threading.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = DockerImages(self.engine)

    @property
    def domain(self) -> str:
        return self.settings.get("cluster-domain") or "cluster.local"

    def dial(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect to HOST:PORT in the network of the engine's host. Raises OSError as
        `socket.create_connection` does, or `HostUnreachable`."""
        return self.engine.reach.dial(host, port, timeout)

    def lock_of(self, uid: str) -> threading.Lock:
        """Operations on one pod run one after the other."""
        return self.pod_locks.setdefault(uid, threading.Lock())


def done(
    operation: Operation,
    events: tuple[Event, ...] = (),
    pod: PodObservation | None = None,
    message: str = "",
) -> Outcome:
    """The outcome of an operation that worked."""
    return Outcome(operation, True, time.time(), message=message, events=events, pod=pod)


def failed(operation: Operation, failure: Failure, pod: PodObservation | None = None) -> Outcome:
    return Outcome(
        operation,
        False,
        time.time(),
        reason=failure.reason,
        message=failure.message,
        events=failure.events,
        pod=pod,
    )
