"""What the parts of the pod controller share while they look at one pod."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from kctl.controllers.pod.memory import Asked, PodMemory
from kctl.controllers.pod.runs import Run, runs
from kctl.controllers.types import Changes, Object, View
from kctl.runtime.observations import NodeObservation, PodObservation
from kctl.runtime.operations import Operation, Outcome, RunProbe
from kctl.store.types import Key


@dataclass
class Batch:
    """One call of the controller: what its pods have to agree on."""

    view: View
    now: datetime
    changes: Changes
    addresses: dict[str, set[str]] = field(default_factory=dict)
    """node -> addresses that pods hold there, those given in this call included"""
    rotation: dict[str, frozenset[str]] | None = None
    """node -> "address:port" that its load balancers serve; read when first needed"""
    leftovers: dict[str, bool] = field(default_factory=dict)
    """node -> whether containers of pods run there that were replaced while it was lost"""

    @property
    def time(self) -> float:
        return self.now.timestamp()


@dataclass
class PodContext:
    """One pod bound to a node that answers."""

    batch: Batch
    pod: Object
    node: Object | None
    seen: NodeObservation
    memory: PodMemory
    observation: PodObservation
    runs: dict[str, Run] = field(default_factory=dict)
    waiting: dict[str, tuple[str, str]] = field(default_factory=dict)
    """container -> (reason, message) of a waiting state"""
    verdict: tuple[str, str, str] | None = None
    """(phase, reason, message) where the pod as a whole was given up"""
    address: str = ""
    """given to the pod in this call"""

    def __post_init__(self) -> None:
        self.runs = runs(self.pod, self.observation)

    # --- short words ---

    @property
    def view(self) -> View:
        return self.batch.view

    @property
    def changes(self) -> Changes:
        return self.batch.changes

    @property
    def now(self) -> float:
        return self.batch.time

    @property
    def uid(self) -> str:
        return str(self.pod["metadata"]["uid"])

    @property
    def namespace(self) -> str:
        return str(self.pod["metadata"]["namespace"])

    @property
    def name(self) -> str:
        return str(self.pod["metadata"]["name"])

    @property
    def node_name(self) -> str:
        return str(self.pod["spec"]["nodeName"])

    @property
    def full_name(self) -> str:
        """As the kubelet writes it: "web-1_default(UID)"."""
        return f"{self.name}_{self.namespace}({self.uid})"

    def ours(self, moment: float) -> float:
        """A moment by the clock of the host, by ours: back-offs and delays are counted here.
        What a host tells of has happened: a clock that was set while we looked, so that its
        times and its skew do not belong together, puts nothing into the future."""
        return min(moment - self.seen.skew, self.now)

    def ended_at(self, run: Run) -> float | None:
        """When a container ended, by our clock; None where nobody saw it."""
        return None if run.ended_at is None else self.ours(run.ended_at)

    def outcome(self, container: str) -> Outcome | None:
        return self.view.outcome(self.uid, container)

    # --- what to do ---

    def event(self, type_: str, reason: str, message: str, container: str = "") -> None:
        path = self.runs[container].container.field_path if container else ""
        self.changes.event(self.pod, type_, reason, message, path)

    def wake(self, at: float) -> None:
        """Look at this pod again then, at the latest."""
        self.changes.requeue(Key("pods", self.namespace, self.name), at)

    def operate(self, operation: Operation) -> None:
        self.changes.operate(operation)
        if not isinstance(operation, RunProbe):
            self.memory.asked = Asked(self.now, self._appearance())

    def busy(self) -> bool:
        """An operation is running, or was asked for in this very compute: a controller is
        called again for its own writes, before anything of its plan has happened."""
        if self.view.in_flight(self.uid):
            return True
        asked = self.memory.asked
        return asked is not None and asked.at == self.now and asked.seen == self._appearance()

    def _appearance(self) -> str:
        outcomes = [
            (name, outcome.at) for name in self.runs if (outcome := self.outcome(name)) is not None
        ]
        # Results of probes bring a pod before the controller as well, but say nothing
        # about its operations.
        text = repr((self.observation.containers, outcomes))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
