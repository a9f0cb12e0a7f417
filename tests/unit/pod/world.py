"""A small world for the pod controller: objects in a dict, simulated nodes, a clock.

It does what the pass promises a controller, and no more: a compute calls the controller
again for its own writes, operations are executed afterwards, their outcomes and the new
observation wake the next compute, timers fire when the clock passes them.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from kctl.controllers.pod import PodController
from kctl.controllers.types import Changes, Event
from kctl.runtime.observations import NodeObservation, PodObservation
from kctl.runtime.operations import (
    NetworkSettings,
    Operation,
    Outcome,
    PrepareNode,
    RunProbe,
    StartContainer,
    StopContainer,
)
from kctl.runtime.simulated import Faults, SimulatedRuntime, facts_of
from kctl.store.types import Key, Memo

Object = dict[str, Any]
BEGINNING = 1_800_000_000.0
SETTINGS = {
    "cluster-domain": "cluster.local",
    "dns-address": "10.98.0.10",
    "service-cidr": "10.98.0.0/20",
}


def pod_object(name: str = "web", node: str = "n1", **spec: Any) -> Object:
    """A pod of one container "c", defaulted as the API does."""
    containers = spec.pop("containers", [{"name": "c", "image": "img"}])
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": f"uid-{name}",
        "generation": 1,
        **spec.pop("metadata", {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            "nodeName": node,
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "enableServiceLinks": True,
            "dnsPolicy": "ClusterFirst",
            "containers": containers,
            **spec,
        },
        "status": {"phase": "Pending", "qosClass": "BestEffort"},
    }


def node_object(name: str, number: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "uid": f"uid-{name}"},
        "spec": {"podCIDR": f"10.98.{16 + number}.0/24"},
        "status": {"addresses": [{"type": "InternalIP", "address": f"192.0.2.{number + 1}"}]},
    }


@dataclass
class World:
    """Also the view of its controller."""

    nodes: tuple[str, ...] = ("n1",)
    time: float = BEGINNING
    objects: dict[Key, Object] = field(default_factory=dict)
    memory: dict[str, Memo] = field(default_factory=dict)
    timers: dict[Key, float] = field(default_factory=dict)
    seen: dict[str, NodeObservation] = field(default_factory=dict)
    runtimes: dict[str, SimulatedRuntime] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    probe_results: dict[str, list[Outcome]] = field(default_factory=dict)
    flying: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    started: Counter[str] = field(default_factory=Counter)
    """"UID/CONTAINER" -> how often it was started in earnest"""
    writes: int = 0
    revision: int = 0
    hold: bool = False
    """operations stay in flight until `land`"""
    held: list[Operation] = field(default_factory=list)
    queue: dict[Key, None] = field(default_factory=dict)
    known: dict[Key, Object] = field(default_factory=dict)
    """the objects as the last pass left them"""

    def __post_init__(self) -> None:
        self.controller = PodController()
        for number, name in enumerate(self.nodes):
            runtime = SimulatedRuntime(name, now=lambda: self.time, facts=facts_of(name))
            network = NetworkSettings("kctl", "10.98.0.0/16", "", "", "test")
            runtime.execute(PrepareNode(name, network))
            runtime.executed.clear()
            self.runtimes[name] = runtime
            self.put(node_object(name, number))
        self.look()

    # --- what a test does ---

    @property
    def faults(self) -> Faults:
        return self.runtimes[self.nodes[0]].faults

    @property
    def runtime(self) -> SimulatedRuntime:
        return self.runtimes[self.nodes[0]]

    def put(self, obj: Object) -> Object:
        resource = obj["kind"].lower() + "s"
        meta = obj["metadata"]
        meta.setdefault("uid", f"uid-{resource}-{meta['name']}")
        self.revision += 1
        meta["resourceVersion"] = str(self.revision)
        self.objects[Key(resource, meta.get("namespace", ""), meta["name"])] = obj
        return obj

    def pod(self, name: str = "web") -> Object:
        return self.objects[Key("pods", "default", name)]

    def status(self, name: str = "web") -> Object:
        status: Object = self.pod(name)["status"]
        return status

    def container(self, name: str = "c", pod: str = "web") -> Object:
        status = self.status(pod)
        listed = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
        found: Object = next(each for each in listed if each["name"] == name)
        return found

    def condition(self, type_: str, pod: str = "web") -> Object:
        found: Object = next(e for e in self.status(pod)["conditions"] if e["type"] == type_)
        return found

    def said(self, reason: str) -> list[str]:
        """Messages of the events of one reason."""
        return [each.message for each in self.events if each.reason == reason]

    def delete(self, name: str = "web", grace: int = 30) -> None:
        pod = copy.deepcopy(self.pod(name))
        pod["metadata"]["deletionTimestamp"] = _text(self.time + grace)
        pod["metadata"]["deletionGracePeriodSeconds"] = grace
        self.put(pod)

    def settle(self, *, rounds: int = 60) -> None:
        """Passes until there is nothing to do but wait for time to pass."""
        for _ in range(rounds):
            if not self.step():
                return
        raise AssertionError(f"not settled after {rounds} passes: {self.operations[-5:]}")

    def sleep(self, seconds: float, most: float = 5.0) -> None:
        """Let time pass, with a pass at every timer and at least every `most` seconds."""
        end = self.time + seconds
        while self.time < end:
            due = min(self.timers.values(), default=end)
            engine = min(each.engine.next_due() for each in self.runtimes.values())
            self.time = min(end, max(min(due, engine, self.time + most), self.time + 0.001))
            self.settle()

    # --- the pass ---

    def look(self) -> None:
        for name, runtime in self.runtimes.items():
            found = runtime.observe(facts=True)
            before = self.seen.get(name)
            if before is not None and not found.reachable:
                found = replace(before, reachable=False, error=found.error)
            self.seen[name] = found
            if before is not None:
                self._compare(name, before, found)

    def _compare(self, node: str, before: NodeObservation, after: NodeObservation) -> None:
        """Touch what differs between two looks."""
        stray = False
        for uid in {*before.pods, *after.pods}:
            old, new = before.pods.get(uid), after.pods.get(uid)
            if old == new:
                continue
            shown = new or old
            assert shown is not None
            pod = self.get("pods", shown.namespace, shown.name)
            if pod is not None and pod["metadata"]["uid"] == uid:
                self._touch("observed/pods", pod)
            else:
                stray = True
        differs = (
            (before.reachable, before.fronts, before.network)
            != (after.reachable, after.fronts, after.network)
        )  # fmt: skip
        node_object = self.get("nodes", "", node)
        if node_object is not None and (differs or stray):
            self._touch("observed/nodes", node_object)

    def _touch(self, resource: str, obj: Object) -> None:
        mapper = self.controller.watches.get(resource)
        if mapper is not None:
            self.queue.update(dict.fromkeys(mapper(obj, self)))

    def _touch_changes(self) -> None:
        """Every object that is not the one of the last pass."""
        for key in {*self.objects, *self.known}:
            new, old = self.objects.get(key), self.known.get(key)
            if new is not old:
                for each in (old, new):
                    if each is not None:
                        self._touch(key.resource, each)
        self.known = dict(self.objects)

    def step(self) -> bool:
        """One pass over what changed; True when it did something."""
        self.look()
        self._touch_changes()
        due = [key for key, at in self.timers.items() if at <= self.time]
        for key in due:
            del self.timers[key]
            self.queue[key] = None
        operations, changed = self.compute()
        assert len({repr(each) for each in operations}) == len(operations), operations
        self.outcomes.clear()
        self.probe_results.clear()
        for operation in operations:
            self.operations.append(operation)
            if self.hold and not isinstance(operation, RunProbe):
                self.held.append(operation)
                self.flying.add(_uid(operation))
            else:
                self._execute(operation)
        return changed or bool(operations)

    def land(self) -> None:
        """Let the operations that were held run."""
        held, self.held = self.held, []
        self.flying.clear()
        for operation in held:
            self._execute(operation)

    def compute(self) -> tuple[list[Operation], bool]:
        operations: list[Operation] = []
        changed = False
        for _ in range(50):
            if not self.queue:
                return operations, changed
            keys = list(self.queue)
            self.queue.clear()
            for key in keys:
                self.timers.pop(key, None)
            moment = datetime.fromtimestamp(self.time, UTC)
            changes = self.controller.sync(keys, self, moment)
            self._apply(changes)
            self._touch_changes()
            changed = changed or bool(changes.memos or changes.updates or changes.deletes)
            operations += changes.operations
        raise AssertionError("the controller does not settle within one compute")

    def _apply(self, changes: Changes) -> None:
        for obj, subresource in changes.updates:
            assert subresource == "status"
            stored = self.objects[Key("pods", "default", obj["metadata"]["name"])]
            if obj["status"] != stored["status"]:
                json.dumps(obj)
                self.writes += 1
                self.put({**copy.deepcopy(stored), "status": copy.deepcopy(obj["status"])})
        for key, uid, grace in changes.deletes:
            pod = self.objects.get(key)
            assert grace == 0
            if pod is not None and pod["metadata"]["uid"] == uid:
                self.writes += 1
                if not pod["metadata"].get("finalizers"):
                    del self.objects[key]
                else:
                    self.put(_with_grace(pod, 0))
        for name, memo in changes.memos.items():
            if memo is None:
                self.memory.pop(name, None)
            else:
                self.memory[name] = memo
        for key, at in changes.requeues:
            self.timers[key] = min(at, self.timers.get(key, at))
        self.events += changes.events

    def _execute(self, operation: Operation) -> None:
        outcome = self.runtimes[operation.node].execute(operation)
        if isinstance(operation, StartContainer):
            self.started[f"{operation.uid}/{operation.container}"] += outcome.ok
        if isinstance(operation, RunProbe):
            self.probe_results.setdefault(operation.uid, []).append(outcome)
        elif isinstance(operation, StartContainer | StopContainer):
            self.outcomes[operation.uid, operation.container] = outcome
        uid = getattr(operation, "uid", "")
        for pod in self.list("pods"):
            if pod["metadata"]["uid"] == uid:
                self._touch("observed/pods", pod)

    # --- the view ---

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        return self.objects.get(Key(resource, namespace, name))

    def list(self, resource: str, namespace: str | None = None) -> list[Object]:
        return [
            obj
            for key, obj in sorted(self.objects.items())
            if key.resource == resource and namespace in (None, key.namespace)
        ]

    def owned(self, uid: str, resource: str) -> list[Object]:
        return [
            obj
            for obj in self.list(resource)
            if any(each["uid"] == uid for each in obj["metadata"].get("ownerReferences") or [])
        ]

    def on_node(self, node: str) -> list[Object]:
        return [each for each in self.list("pods") if each["spec"].get("nodeName") == node]

    def node(self, name: str) -> NodeObservation | None:
        return self.seen.get(name)

    def observed(self, node: str, uid: str) -> PodObservation | None:
        seen = self.seen.get(node)
        return seen.pods.get(uid) if seen else None

    def outcome(self, uid: str, container: str) -> Outcome | None:
        return self.outcomes.get((uid, container))

    def probes(self, uid: str) -> list[Outcome]:
        return self.probe_results.get(uid, [])

    def in_flight(self, uid: str) -> bool:
        return uid in self.flying

    def recall(self, key: str) -> Memo | None:
        return self.memory.get(key)

    def setting(self, name: str) -> str:
        return SETTINGS[name]


def _uid(operation: Operation) -> str:
    uid = getattr(operation, "uid", "")
    assert uid
    return str(uid)


def _with_grace(pod: Object, seconds: int) -> Object:
    pod = copy.deepcopy(pod)
    pod["metadata"]["deletionGracePeriodSeconds"] = seconds
    return pod


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
