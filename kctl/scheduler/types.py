"""What a scheduling decision reads and what it answers. All of it is pure.

A filter says whether a node can take a pod, and in Kubernetes' words why not; a score
says how good it would be, 0 to 100.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Object = dict[str, Any]


@dataclass(slots=True)
class Resources:
    """What is asked for or left: milli-cores, bytes, pods, and extended resources."""

    milli_cpu: int = 0
    memory: int = 0
    storage: int = 0
    pods: int = 0
    extended: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class NodeInfo:
    """A node with what already stands on it; changed only by the scheduler's own
    `assume` as it places one pod after another."""

    node: Object
    allocatable: Resources
    requested: Resources
    host_ports: set[tuple[str, str, int]] = field(default_factory=set)
    """(address, protocol, port) in use"""
    pods: list[Object] = field(default_factory=list)
    usual: Resources = field(default_factory=Resources)
    """What is requested when a container without requests counts as a small one (100
    milli-cores, 200 MiB): what scores compare, so that such pods spread as well."""
    keeping_away: list[Object] = field(default_factory=list)
    """Those of `pods` that have required anti-affinity."""

    @property
    def name(self) -> str:
        return str(self.node["metadata"]["name"])


class Filter(Protocol):
    """One reason why a pod cannot go somewhere.

    Two more methods are optional:
    - `prepare(pod, infos) -> Filter | None` for a rule that looks at all nodes (pod
      affinity): the filter to ask for this pod, or None where it has nothing to say. It
      is prepared anew after every placement.
    - `eviction_helps(pod, info) -> bool`: whether fewer pods on a node that failed would
      let this one in; True where it is missing."""

    name: str

    def check(self, pod: Object, info: NodeInfo) -> tuple[str, ...]:
        """Empty when the node will do, else the reasons: ("Insufficient cpu",)."""
        ...

    def explain(self, pod: Object) -> str:
        """What this filter asks on behalf of this pod, for people; "" for nothing."""
        ...


class Score(Protocol):
    """One preference.

    An optional attribute `scope` says what a node's score depends on, so that less is
    computed anew after each placement: "node" (that node alone), "fixed" (nothing that
    placements change), "all" (anything; the default). An optional method
    `concerns(pod) -> bool` says that there is no opinion about a pod at all."""

    name: str
    weight: int

    def score(self, pod: Object, infos: Sequence[NodeInfo]) -> Mapping[str, float]:
        """Node name to 0..100, for the nodes that passed the filters."""
        ...

    def explain(self, pod: Object) -> str: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a pod goes, or why nowhere."""

    node: str | None
    message: str = ""
    """for the condition and event: "0/3 nodes are available: 2 Insufficient cpu, ..." """
    reasons: Mapping[str, int] = field(default_factory=Counter)
    scores: Mapping[str, float] = field(default_factory=dict)


class Scheduler(Protocol):
    """A scheduler that pods name in spec.schedulerName (hook `kctl_schedulers`)."""

    name: str

    def schedule(self, pods: Sequence[Object], infos: Sequence[NodeInfo]) -> Sequence[Decision]:
        """One decision a pod, in order; each placement counts for the next. `infos` may be
        changed: they belong to this call."""
        ...
