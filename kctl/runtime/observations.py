"""What a look at a node sees: immutable values; times in them are epoch seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class ContainerState:
    """One container of a pod as the engine has it."""

    id: str
    name: str
    """The container's name in the pod; SANDBOX for the one that holds the namespaces."""
    attempt: int
    """How often kctl has made this container anew: 0 for the first."""
    state: Literal["created", "running", "restarting", "paused", "exited", "dead"]
    image: str = ""
    image_id: str = ""
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int | None = None
    """None while it runs for the first time; of a container that the engine itself restarted,
    the code of the run before, where the engine still knows it"""
    oom_killed: bool = False
    error: str = ""
    """why the engine could not start it; of an ended one, its termination message"""
    restarts: int = 0
    """Restarts in all: those that the label carried at creation, and the engine's own since."""


SANDBOX = "POD"


@dataclass(frozen=True, slots=True)
class PodObservation:
    """The containers of one pod, newest attempt first for each name."""

    uid: str
    namespace: str
    name: str
    containers: tuple[ContainerState, ...] = ()
    address: str = ""
    """The address in the pod network, as the engine configured it."""

    def newest(self, name: str) -> ContainerState | None:
        return next((each for each in self.containers if each.name == name), None)

    def attempts(self, name: str) -> list[ContainerState]:
        return [each for each in self.containers if each.name == name]

    @property
    def sandbox(self) -> ContainerState | None:
        return self.newest(SANDBOX)


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a host says of itself; becomes the Node's status."""

    hostname: str
    addresses: tuple[tuple[str, str], ...]
    """(type, address): ("InternalIP", "192.0.2.2"), ("Hostname", "web1")."""
    cpus: float
    memory: int
    """bytes"""
    storage: int
    """bytes of the file system that holds the engine's data"""
    info: Mapping[str, str]
    """status.nodeInfo: machineID, systemUUID, bootID, kernelVersion, osImage,
    containerRuntimeVersion, operatingSystem, architecture, kubeletVersion, kubeProxyVersion"""
    images: tuple[tuple[tuple[str, ...], int], ...] = ()
    """(names, size in bytes)"""
    memory_pressure: bool = False
    disk_pressure: bool = False
    engine_id: str = ""
    networks: tuple[str, ...] = ()
    """The host's own IPv4 addresses with the prefix lengths of their networks, in the order
    of `addresses`: "192.0.2.11/24". Bridges and links of containers are left out."""


@dataclass(frozen=True, slots=True)
class FrontState:
    """A load-balancer container of a node as it runs."""

    name: str
    running: bool
    digest: str = ""
    """`Front.digest` of the configuration that it was confirmed to serve."""
    drained: bool = True
    """False while processes of an earlier configuration still hold connections."""
    error: str = ""
    report: str = ""
    """What the front told (see `Front.report`); "" where it was not asked or did not answer."""


@dataclass(frozen=True, slots=True)
class NodeObservation:
    """One look at one node."""

    node: str
    reachable: bool
    error: str = ""
    at: float = 0.0
    """epoch seconds: of the answer, or since when there is none"""
    facts: NodeFacts | None = None
    pods: Mapping[str, PodObservation] = field(default_factory=dict)
    """by pod uid; containers of this control plane alone"""
    fronts: Mapping[str, FrontState] = field(default_factory=dict)
    digest: str = ""
    """Changes when, and only when, the list of containers or their states change."""
    network: bool = False
    """The pod network stands as the settings want it."""
    skew: float = 0.0
    """Seconds by which the host's clock is ahead of ours: times of containers are by that
    clock. 0 where they agree as far as can be told."""
    host: str = ""
    """the URL by which it was looked at"""
    owner: str = ""
    """uid of the node whose mark the engine carries; "" while it carries none"""
    refused: str = ""
    """Why the engine may not be used for this node, as a condition's reason ("HostInUse");
    `reachable` is False then, and `error` says more"""
