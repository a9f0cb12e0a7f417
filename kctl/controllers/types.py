"""What a controller reads and what it answers.

A controller is a pure function of (keys, view, now) to changes: the same inputs give
the same answer, in a pass, in a preview and in a test. Objects in a view are shared:
copy before you change (`copy.deepcopy`, or build the piece anew).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from kctl.api.kind import Kind
from kctl.runtime.observations import NodeObservation, PodObservation
from kctl.runtime.operations import Operation, Outcome
from kctl.runtime.stats import Rate
from kctl.store.types import Key, Memo

Object = dict[str, Any]


class View(Protocol):
    """An immutable snapshot: the store's objects, what the runtimes observed, memory.

    Within one compute it shows the changes that earlier controllers asked for."""

    def get(self, resource: str, namespace: str, name: str) -> Object | None: ...

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        """In the order of (namespace, name)."""
        ...

    def owned(self, uid: str, resource: str) -> Sequence[Object]:
        """Objects of a resource with an owner reference to `uid`, in key order."""
        ...

    def on_node(self, node: str) -> Sequence[Object]:
        """Pods bound to a node; those bound to none for ""."""
        ...

    def kinds(self) -> Iterable[Kind]:
        """Every kind that is served, for controllers whose rule is about all of them."""
        ...

    def node(self, name: str) -> NodeObservation | None:
        """The last look at a node; None when there was none yet."""
        ...

    def observed(self, node: str, uid: str) -> PodObservation | None: ...

    def outcome(self, uid: str, container: str) -> Outcome | None:
        """The newest outcome of a Start/StopContainer of this pod's container that the
        memory does not yet reflect; shown to the compute right after it ended."""
        ...

    def probes(self, uid: str) -> Sequence[Outcome]:
        """Outcomes of RunProbe for this pod that ended since the last compute."""
        ...

    def in_flight(self, uid: str) -> bool:
        """An operation on this pod (start, stop, terminate) is still running."""
        ...

    def usage(self, node: str, uid: str) -> Mapping[str, Rate] | None:
        """What the containers of a pod use, where a controller `measures` it and it is known
        by the newest sample."""
        ...

    def sampled(self) -> float:
        """When the newest sample was taken (epoch seconds), 0 where this process has none."""
        ...

    def recall(self, key: str) -> Memo | None:
        """What `Changes.remember` kept, in this pass or an earlier one."""
        ...

    def setting(self, name: str) -> str:
        """A setting: "cluster-domain", "service-cidr", "dns-address",
        "pod-eviction-timeout", ... (see kctl/reconcile/settings.py)."""
        ...


@dataclass
class Changes:
    """What a controller wants. The pass applies the writes through the Api, so they are
    defaulted and validated as a client's would be."""

    creates: list[Object] = field(default_factory=list)
    updates: list[tuple[Object, str]] = field(default_factory=list)
    """(object, subresource): "" or "status"; carries the resourceVersion it was read at"""
    deletes: list[tuple[Key, str, int | None]] = field(default_factory=list)
    """(key, uid, grace): grace None is the kind's default"""
    operations: list[Operation] = field(default_factory=list)
    memos: dict[str, Memo | None] = field(default_factory=dict)
    requeues: list[tuple[Key, float]] = field(default_factory=list)
    """(key, epoch seconds): sync this key again then, even in another process"""
    events: list[Event] = field(default_factory=list)

    def create(self, obj: Object) -> None:
        self.creates.append(obj)

    def update(self, obj: Object) -> None:
        self.updates.append((obj, ""))

    def update_status(self, obj: Object) -> None:
        self.updates.append((obj, "status"))

    def delete(self, key: Key, uid: str, grace: int | None = None) -> None:
        self.deletes.append((key, uid, grace))

    def operate(self, operation: Operation) -> None:
        self.operations.append(operation)

    def remember(self, key: str, memo: Memo | None) -> None:
        self.memos[key] = memo

    def requeue(self, key: Key, at: float) -> None:
        self.requeues.append((key, at))

    def event(
        self, regarding: Object, type_: str, reason: str, message: str, field_path: str = ""
    ) -> None:
        self.events.append(Event(regarding, type_, reason, message, field_path))


@dataclass(frozen=True)
class Event:
    """To be counted: an event alike (object, type, reason, message) within the hour
    raises the count of the one that exists. The pass turns these into Event objects."""

    regarding: Object
    type: str
    reason: str
    message: str
    field_path: str = ""
    component: str = ""
    provided: Key | None = None
    """Told only if this object exists after all, since the Api may have refused it."""


REFUSED = "refused/"
"""Before the uid of an owner: the memory key under which the pass leaves the message of
the Api when it refused to create an object which that owner controls; the owner is synced
again then. The controller forgets it when it has said so."""


Mapper = Callable[[Object, View], Iterable[Key]]
"""From a changed object (its last value if it was deleted) to the keys to sync."""


@runtime_checkable
class Measuring(Protocol):
    """A controller that wants to know what pods use (`View.usage`)."""

    def measures(self, view: View) -> Iterable[tuple[str, str]]:
        """(node, uid) of those pods. Asked again and again; nothing is measured while nobody
        names any."""
        ...


class Controller(Protocol):
    """One control loop (hook `kctl_controllers`)."""

    name: str
    """unique; what stands before a ":" is the source of its events: "deployment-controller",
    "kubelet:node" """
    watches: Mapping[str, Mapper]
    """resource -> mapper. "observed/pods": called with the pod object whenever its
    containers, outcomes or probes changed; "observed/nodes": with the Node object.
    "observed/usage": with each Node after a new sample of what its pods use.
    "*": called with every changed object of any resource."""

    def sync(self, keys: Sequence[Key], view: View, now: datetime) -> Changes:
        """Bring the objects of `keys` one step nearer to what they should be. The pass
        calls again for whatever the changes touch, until nothing changes."""
        ...
