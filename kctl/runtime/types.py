"""What a pass may ask of a node, and what it sees there.

An operation is a value: it can be executed by a `Runtime`, shown by a preview, and
compared in a test. An observation is immutable; times in it are epoch seconds.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from kctl.network.types import Front
from kctl.runtime.image_types import ImageStore, Suppliers
from kctl.runtime.stats import NodeUsage
from kctl.runtime.stream_types import ExecStream, PortForward, Wire

Object = dict[str, Any]


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


# --- operations ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PodNetwork:
    """How a pod stands in the network."""

    address: str
    hostname: str
    dns_servers: tuple[str, ...] = ()
    dns_searches: tuple[str, ...] = ()
    dns_options: tuple[str, ...] = ()
    host_aliases: tuple[tuple[str, str], ...] = ()
    """(address, name)"""
    host_network: bool = False


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """The pod network of one node."""

    name: str
    """of the engine's network"""
    subnet: str
    """what pods reach without a router: pods of this node and the service range"""
    pod_cidr: str
    gateway: str
    cluster: str
    """id of this control plane, in labels and names"""
    node: str = ""
    uid: str = ""
    """name and uid of the node: the mark on the engine that tells whose it is"""


@dataclass(frozen=True, slots=True)
class PrepareNode:
    """Make the pod network (idempotent)."""

    node: str
    network: NetworkSettings


class TokenFile(NamedTuple):
    """A service-account token to be signed and put beside the files of a volume."""

    volume: str
    path: str
    mode: int
    account_uid: str
    audience: str = ""
    """"" is the API server's own"""
    seconds: int = 3600
    node_uid: str = ""


@dataclass(frozen=True, slots=True)
class StartContainer:
    """Create and start one container of a pod, pulling its image as the policy says.

    The runtime makes the sandbox first where the pod has several containers, and the
    pod's volumes. `pod` is the whole object, `environment` the resolved variables in
    order, `files` the contents of configMap, secret, downwardAPI and projected volumes:
    volume name -> path -> (bytes, mode).
    """

    node: str
    pod: Object
    container: str
    network: PodNetwork
    attempt: int = 0
    restarts: int = 0
    init: bool = False
    command: tuple[str, ...] | None = None
    """after $(VAR) expansion; None: the image's entrypoint"""
    args: tuple[str, ...] | None = None
    environment: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, Mapping[str, tuple[bytes, int]]] = field(default_factory=dict)
    pull_secrets: tuple[Mapping[str, Any], ...] = ()
    """decoded .dockerconfigjson documents"""
    tokens: tuple[TokenFile, ...] = ()
    """what the executor signs and adds to `files`, since nothing pure may"""

    @property
    def uid(self) -> str:
        return str(self.pod["metadata"]["uid"])


@dataclass(frozen=True, slots=True)
class StopContainer:
    """Stop one container (SIGTERM or its stop signal, then SIGKILL after `grace` seconds)
    so that it can be made anew; run its preStop hook first."""

    node: str
    uid: str
    container: str
    id: str
    grace: int
    pod: Object = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RemoveContainer:
    """Remove a dead container (an old attempt)."""

    node: str
    uid: str
    container: str
    id: str


@dataclass(frozen=True, slots=True)
class TerminatePod:
    """Stop every container of a pod within `grace` seconds, then remove them, the
    sandbox and the pod's own volumes. Nothing there is success."""

    node: str
    uid: str
    namespace: str
    name: str
    grace: int
    pod: Object | None = None
    """None for a pod that the store no longer knows"""


@dataclass(frozen=True, slots=True)
class RunProbe:
    """One attempt of one probe; the outcome's `ok` and `message` are its result."""

    node: str
    uid: str
    container: str
    id: str
    probe: str
    """"startup", "readiness" or "liveness" """
    spec: Mapping[str, Any]
    """the Probe object, named ports resolved to numbers"""
    address: str


@dataclass(frozen=True, slots=True)
class ApplyFront:
    """Bring one load-balancer container to the wanted configuration: make its image and
    container if needed, upload files, check, reload, confirm. The running one keeps
    serving when the check fails."""

    node: str
    front: Front
    network: NetworkSettings


@dataclass(frozen=True, slots=True)
class RemoveFront:
    node: str
    name: str


@dataclass(frozen=True, slots=True)
class CleanNode:
    """Remove everything of this control plane from the node: pods, fronts, network, volumes,
    and the images that kctl made there."""

    node: str


CLEAN = "clean"
"""Under the lane "node/NODE" and this word a view has the outcome of a CleanNode."""


Operation = (
    PrepareNode
    | StartContainer
    | StopContainer
    | RemoveContainer
    | TerminatePod
    | RunProbe
    | ApplyFront
    | RemoveFront
    | CleanNode
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation went. Expected failures are outcomes, never exceptions."""

    operation: Operation
    ok: bool
    at: float
    """epoch seconds when it ended"""
    reason: str = ""
    """Kubernetes' waiting reason: ErrImagePull, ErrImageNeverPull, InvalidImageName,
    CreateContainerConfigError, CreateContainerError, RunContainerError; "Unreachable"
    when the host did not answer"""
    message: str = ""
    events: tuple[tuple[str, str, str], ...] = ()
    """(type, reason, message) as the kubelet words them, e.g. ("Normal", "Pulled",
    'Container image "x" already present on machine')"""
    pod: PodObservation | None = None
    """the pod after the operation, where it concerns one and could be inspected"""
    front: FrontState | None = None


def describe(operation: Operation) -> str:
    """One line for people: previews, logs."""
    match operation:
        case PrepareNode(node=node):
            return f"prepare the pod network on {node}"
        case StartContainer(node=node, pod=pod, container=container):
            meta = pod["metadata"]
            return f"start {meta['namespace']}/{meta['name']} container {container} on {node}"
        case StopContainer(node=node, container=container, reason=reason):
            return f"stop container {container} on {node}" + (f" ({reason})" if reason else "")
        case RemoveContainer(node=node, container=container):
            return f"remove a dead container {container} on {node}"
        case TerminatePod(node=node, namespace=namespace, name=name, grace=grace):
            return f"stop {namespace}/{name} on {node} (grace {grace} s)"
        case RunProbe(node=node, container=container, probe=probe):
            return f"{probe} probe of {container} on {node}"
        case ApplyFront(node=node, front=front):
            return f"configure {front.name} on {node}"
        case RemoveFront(node=node, name=name):
            return f"remove {name} on {node}"
        case CleanNode(node=node):
            return f"clean {node}"


# --- the protocol --------------------------------------------------------------------


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
