"""What a pass may ask of a node, and how that went.

An operation is a value: it can be executed by a `Runtime`, shown by a preview, and
compared in a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kctl.network.types import Front
from kctl.runtime.observations import FrontState, PodObservation

Object = dict[str, Any]


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
