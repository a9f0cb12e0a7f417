"""The load balancers of a node as values: what to serve, and the containers that do.

`Model` is what the services mean, without a word about HAProxy. A back end turns it
into `Front`s: containers with their image recipe, files, and how to check and reload
them. The runtime runs fronts without knowing what is in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address behind a service port."""

    address: str
    port: int
    name: str
    """of the pod, for statistics and per-pod names"""
    hostname: str = ""
    ready: bool = True
    node: str = ""
    """that the pod is on; "" for an address outside the cluster's nodes"""
    peer: str = ""
    """another node whose silence (see `Peer`) means that nobody answers here either"""
    relay: tuple[str, int] | None = None
    """(address, port) to connect to instead: a `Relay` of the pod's node"""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another node, and where its load balancer says that the node is alive."""

    node: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Relay:
    """A port of this node's address that leads to a pod here, for nodes that cannot reach
    the pod network."""

    port: int
    address: str
    """of the pod"""
    target: int
    """port of the pod"""


@dataclass(frozen=True, slots=True)
class HealthPort:
    """A service's healthCheckNodePort: has this node endpoints of it?"""

    namespace: str
    service: str
    port: int
    endpoints: int
    """on this node"""


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port of one service."""

    namespace: str
    service: str
    name: str
    """of the port, may be empty"""
    protocol: str
    """TCP, UDP or SCTP"""
    cluster_ips: tuple[str, ...]
    """empty for headless services"""
    port: int
    node_port: int = 0
    external_addresses: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    session_affinity: int = 0
    """seconds of client-IP affinity, 0 for none"""
    app_protocol: str = ""
    """what speaks there, as the service's appProtocol says: "http", "kubernetes.io/ws" """
    sources: tuple[str, ...] = ()
    """networks (CIDRs) that may connect from outside; empty: all"""
    proxy_protocol: str = ""
    """"v1" or "v2": tell the pods the client's address ahead of the connection"""

    @property
    def http(self) -> bool:
        """The port says that it speaks HTTP/1: by its appProtocol, or else by its name
        ("http", "http-admin")."""
        if self.app_protocol:
            return self.app_protocol.lower() in ("http", "kubernetes.io/ws")
        return self.name == "http" or self.name.startswith("http-")


@dataclass(frozen=True, slots=True)
class NameRecord:
    """A name and its addresses: "web.default.svc.cluster.local"."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """An SRV record: "_http._tcp.web.default.svc.cluster.local"."""

    name: str
    target: str
    port: int


@dataclass(frozen=True, slots=True)
class Alias:
    """A CNAME (ExternalName)."""

    name: str
    target: str


@dataclass(frozen=True)
class Model:
    """Everything that the load balancer of one node serves."""

    node: str
    node_addresses: tuple[str, ...]
    """where node ports listen, loopback included"""
    front_address: str
    """of the load balancer in the pod network"""
    service_cidr: str
    dns_address: str
    """the service address that answers names"""
    cluster_domain: str = "cluster.local"
    upstream_dns: tuple[str, ...] = ()
    ports: tuple[ServicePort, ...] = ()
    names: tuple[NameRecord, ...] = ()
    services: tuple[ServiceRecord, ...] = ()
    aliases: tuple[Alias, ...] = ()
    peers: tuple[Peer, ...] = ()
    health_ports: tuple[HealthPort, ...] = ()
    pool_addresses: tuple[str, ...] = ()
    """of load balancers, held by this node: they need not be on any interface yet"""
    blocked: tuple[str, ...] = ()
    """"address:port" of the node that another program holds"""
    own_address: str = ""
    """of the node among the other nodes, where `relays` and `relay_health` listen"""
    relays: tuple[Relay, ...] = ()
    relay_health: int = 0
    """the port that tells `relay_sources` that this node is alive; 0: nobody asks there"""
    relay_sources: tuple[str, ...] = ()
    """addresses of the nodes that may use the relays"""


@dataclass(frozen=True, slots=True)
class ImageRecipe:
    """An image made from this machine's own binaries and the libraries they need."""

    name: str
    """without a tag; the tag is a digest of the contents"""
    binaries: tuple[str, ...]
    """looked up on PATH and in the sbin folders: "haproxy", "dnsmasq", "ip", "sh" """
    files: tuple[tuple[str, bytes, int], ...] = ()
    """(path, contents, mode): entry scripts, /etc/passwd"""
    packages: Mapping[str, str] = field(default_factory=dict)
    """binary -> Debian package, for the error when it is missing"""
    optional: tuple[str, ...] = ()
    """binaries that are taken along where this machine has them"""
    plugins: tuple[str, ...] = ()
    """patterns of the files that those binaries load by themselves, below the folder of this
    machine's libraries: "xtables/*.so" """


@dataclass(frozen=True)
class Front:
    """One container of a node's load balancer, and the configuration it serves."""

    name: str
    """"lb", "dns", "edge", "net": unique on a node"""
    image: ImageRecipe | str
    command: tuple[str, ...]
    network: str
    """"pod" (own address in the pod network), "host", or "front:NAME" (joins that one, and
    is made anew whenever that one is)"""
    address: str = ""
    """in the pod network. The container keeps one MAC address for one address: its
    neighbours remember the service range under it"""
    capabilities: tuple[str, ...] = ()
    """all that the container needs: the runtime may drop every other one"""
    sysctls: tuple[tuple[str, str], ...] = ()
    host_sysctls: bool = False
    """It writes below /proc/sys/net, which other containers may only read"""
    retire: tuple[str, ...] = ()
    """argv inside the container that undoes what it did to its surroundings, run when the
    front is removed for good; in a container of its own where that one does not run"""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """absolute path -> contents; uploaded, world-readable, no secrets"""
    candidate: Mapping[str, str] = field(default_factory=dict)
    """path -> where its new contents are put for the check, before they replace it"""
    activate: tuple[str, ...] = ()
    """argv inside the container that moves the candidates that are there to their places,
    run after the check: a rename, for files that a reader must never meet half written or
    gone. Empty: the runtime writes the files over the old ones"""
    check: tuple[str, ...] = ()
    """argv inside the container; a non-zero exit leaves the old configuration in place"""
    reload: str = ""
    """signal for the container's main process, e.g. "SIGUSR2"; "" restarts the container
    when files change"""
    live: tuple[str, ...] = ()
    """paths that the process re-reads by itself: no reload when only these change"""
    confirm: tuple[str, int, str, str] | None = None
    """(address, port, path, text): an HTTP GET answers text once the files are served"""
    report: tuple[str, int, str] | None = None
    """(address, port, path): an HTTP GET answers what the front has to tell, in a few lines
    that change only when there is news; asked at every look at the node"""
    endpoints: frozenset[str] = frozenset()
    """"address:port" of every endpoint in the rotation of this configuration"""
    workers: int = 0
    """processes of a settled container (see `FrontState.drained`); 0: do not count"""

    @cached_property
    def shape(self) -> str:
        """Digest of what a running container cannot change: it is recreated when it differs."""
        image = self.image if isinstance(self.image, str) else repr(self.image)
        parts: tuple[object, ...] = (
            *(image, self.command, self.network, self.address, self.capabilities, self.sysctls),
            *(self.host_sysctls, self.retire),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    @cached_property
    def digest(self) -> str:
        """Digest of shape and files together."""
        digest = hashlib.sha256(self.shape.encode())
        for path in sorted(self.files):
            digest.update(path.encode() + b"\0" + self.files[path] + b"\0")
        return digest.hexdigest()[:16]


class LoadBalancer(Protocol):
    """A load-balancer back end (hook `kctl_load_balancers`): pure."""

    name: str

    def fronts(self, model: Model) -> list[Front]:
        """The containers in the order in which they are started."""
        ...
