"""A runtime without an engine: deterministic, on a clock that is passed in.

For tests (with faults to inject), previews and measurements; thousands of pods are
cheap. A host "simulated://NAME?cpus=8&memory=17179869184&start=0.3" makes one by hand,
whose containers last as long as the process.
"""

from __future__ import annotations

import hashlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kctl.runtime.image_types import Suppliers, nobody
from kctl.runtime.observations import FrontState, NodeFacts, NodeObservation
from kctl.runtime.operations import Operation, Outcome
from kctl.runtime.simulated_engine import KILLED, Container, Engine
from kctl.runtime.simulated_execute import Executor, silence
from kctl.runtime.simulated_faults import Faults, Latency, Program
from kctl.runtime.simulated_images import SimulatedImages
from kctl.runtime.simulated_stats import Loads
from kctl.runtime.simulated_streams import EchoPorts, Printing, echo, printed
from kctl.runtime.stats import NodeUsage
from kctl.runtime.stream_types import ExecStream, PortForward, Wire
from kctl.runtime.types import HostUnreachable, RuntimeEvent

__all__ = ["Faults", "Latency", "Program", "SimulatedRuntime", "create", "facts_of"]


_LATENCIES = ("start", "pull", "stop", "probe", "look", "front")


def create(url: str, node: str, settings: Mapping[str, str]) -> SimulatedRuntime | None:
    """A runtime for a host of the scheme "simulated", None for another's."""
    parts = urlsplit(url)
    if parts.scheme != "simulated":
        return None
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    latency = Latency(**{name: float(given[name]) for name in _LATENCIES if name in given})
    facts = facts_of(
        node,
        cpus=float(given.get("cpus", 4)),
        memory=int(given.get("memory", 8 << 30)),
        storage=int(given.get("storage", 100 << 30)),
    )
    return SimulatedRuntime(node, facts=facts, latency=latency, sleep=time.sleep)


def facts_of(
    node: str, *, cpus: float = 4.0, memory: int = 8 << 30, storage: int = 100 << 30
) -> NodeFacts:
    """What a simulated host says of itself; its address follows from its name. All of them
    share one network."""
    number = int.from_bytes(hashlib.sha256(node.encode()).digest()[:3], "big")
    address = f"100.{64 + (number >> 16) % 64}.{number >> 8 & 255}.{number & 255}"
    identifier = hashlib.sha256(node.encode()).hexdigest()[:32]
    info = {
        "machineID": identifier,
        "systemUUID": identifier,
        "bootID": identifier,
        "kernelVersion": "simulated",
        "osImage": "Simulated",
        "containerRuntimeVersion": "simulated://1",
        "operatingSystem": "linux",
        "architecture": "amd64",
        "kubeletVersion": "v1.37.0",
        "kubeProxyVersion": "v1.37.0",
    }
    addresses = (("InternalIP", address), ("Hostname", node))
    return NodeFacts(
        node,
        addresses,
        cpus,
        memory,
        storage,
        info,
        engine_id=identifier,
        networks=(f"{address}/10",),
    )


class SimulatedRuntime:
    """Implements `kctl.runtime.types.Runtime`."""

    name = "simulated"

    def __init__(
        self,
        node: str,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] | None = None,
        facts: NodeFacts | None = None,
        latency: Latency | None = None,
        faults: Faults | None = None,
        network: bool = False,
    ) -> None:
        """`sleep` is called with each latency: `time.sleep` for real time, a virtual
        clock's `advance`, or nothing at all."""
        self.node, self.now = node, now
        self.facts = facts or facts_of(node)
        self.latency = latency or Latency()
        self.faults = faults or Faults()
        self.engine = Engine(node, self._publish)
        self._sleep = sleep or (lambda seconds: None)
        self._lock = threading.RLock()
        self._boots = 0
        self._listeners: list[queue.Queue[RuntimeEvent]] = []
        self._executor = Executor(
            self.engine, self.faults, self.latency, lambda: self.now(), self._sleep, self._lock
        )
        self._executor.network = network
        self.images = SimulatedImages(self._executor.images, self._answers)
        self.suppliers: Suppliers = nobody
        self.loads = Loads()

    @property
    def executed(self) -> list[Operation]:
        """Every operation, in the order in which they were asked for."""
        return self._executor.executed

    @property
    def served(self) -> dict[str, frozenset[str]]:
        """By front: the endpoints of the configuration that it took last."""
        return self._executor.served

    @property
    def fronts(self) -> dict[str, FrontState]:
        """Load balancers by name; a test may change what they are seen to be."""
        return self._executor.fronts

    @property
    def network(self) -> bool:
        return self._executor.network

    @network.setter
    def network(self, stands: bool) -> None:
        self._executor.network = stands

    # --- the protocol ---

    def supply(self, suppliers: Suppliers) -> None:
        self.suppliers = suppliers

    def observe(self, *, facts: bool = False) -> NodeObservation:
        """What is seen is what was there in the middle of the time that the look takes."""
        half = self.latency.look * self.faults.slow / 2
        if half:
            self._sleep(half)
        seen = self._observe(facts)
        if half:
            self._sleep(half)
        return seen

    def _observe(self, facts: bool) -> NodeObservation:
        if self.faults.hang:
            self._sleep(self.faults.hang)
            return NodeObservation(self.node, False, silence(self.faults), self.now())
        with self._lock:
            now = self.now()
            if self.faults.unreachable:
                return NodeObservation(self.node, False, self.faults.unreachable, now)
            self._advance(now)
            return NodeObservation(
                self.node,
                True,
                at=now,
                facts=self.facts if facts else None,
                pods=self.engine.observations(),
                fronts=dict(self.fronts),
                digest=str(self.engine.version),
                network=self.network,
                skew=self.faults.skew,
                owner=self._executor.owner,
            )

    def execute(self, operation: Operation) -> Outcome:
        return self._executor.execute(operation)

    def usage(self, pods: Collection[str] | None = None) -> NodeUsage:
        self._answers()
        with self._lock:
            now = self.now()
            self._advance(now)
            return self.loads.sample(self.node, self.engine, now, pods)

    def events(self, stop: Any) -> Iterator[RuntimeEvent]:
        self._answers()
        listener: queue.Queue[RuntimeEvent] = queue.Queue()
        self._listeners.append(listener)
        try:
            while not stop.is_set():
                if self.faults.unreachable:
                    raise HostUnreachable(self.faults.unreachable)
                try:
                    yield listener.get(timeout=0.1)
                except queue.Empty:
                    continue
        finally:
            self._listeners.remove(listener)

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
        """One line: that the container started."""
        self._answers()
        container = self.engine.containers.get(container_id)
        if container is None or not container.state.started_at or tail == 0:
            return
        at = container.state.started_at
        if (since is not None and at < since) or (until is not None and at > until):
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z ", time.gmtime(at))
        line = f"{container.state.name} started, attempt {container.state.attempt}\n"
        yield ((stamp if timestamps else "") + line).encode()

    def log_wire(self, container_id: str, **what: Any) -> Wire:
        """The same, from the same arguments."""
        return printed(b"".join(self.logs(container_id, **what)))

    def exec(
        self, container_id: str, command: Sequence[str], *, stdin: bool, tty: bool
    ) -> ExecStream:
        self._answers()
        return Printing(" ".join(command))

    def attach(
        self,
        container_id: str,
        *,
        stdin: bool,
        tty: bool,
        replay: bool = False,
        detach_keys: str = "",
    ) -> ExecStream:
        """What the log holds where it is to be replayed; then the stream ends."""
        self._answers()
        return Printing(b"".join(self.logs(container_id)).decode().rstrip() if replay else "")

    def port_forward(self, container_id: str, address: str) -> PortForward:
        self._answers()
        return EchoPorts()

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        """Something that says everything back."""
        self._answers()
        return echo().sock

    def close(self) -> None:
        """What runs keeps running: another connection may find it."""

    # --- faults that happen at once ---

    def kill(self, pod: str, container: str, code: int = KILLED) -> None:
        """`docker kill` by hand: the engine's policy does not apply."""
        with self._lock:
            for each in self._named(pod, container):
                if each.running:
                    self.engine.end(each, self.now(), code, by_hand=True)

    def crash(self, pod: str, container: str, code: int = 1, *, oom: bool = False) -> None:
        """The process ends by itself; the engine's policy applies."""
        with self._lock:
            for each in self._named(pod, container):
                if each.running:
                    code = KILLED if oom else code
                    self.engine.end(each, self.now(), code, by_hand=False, oom=oom)

    def remove(self, pod: str, container: str) -> None:
        """`docker rm -f` by hand of the newest container of that name."""
        with self._lock:
            found = self._named(pod, container)
            for each in sorted(found, key=lambda each: -each.state.attempt)[:1]:
                self.engine.remove(each)

    def restart_engine(self) -> None:
        with self._lock:
            self.engine.skew = self.faults.skew
            self.engine.restart(self.now())

    def power_off(self) -> None:
        """Every process ends; nothing of that is told to anybody. `reboot` is what follows."""
        with self._lock:
            self._advance(self.now())
            self.faults.running = False

    def play(self) -> None:
        """Let happen what happens by itself, though nobody asks."""
        with self._lock:
            if self.faults.running:
                self._advance(self.now())

    def reboot(self, *, wiped: bool = False) -> None:
        """The host goes down and comes up; `wiped`: with an engine that has nothing."""
        with self._lock:
            self._boots += 1
            self.faults.running = True
            boot = hashlib.sha256(f"{self.node}/{self._boots}".encode()).hexdigest()[:32]
            self.facts = replace(self.facts, info={**self.facts.info, "bootID": boot})
            if wiped:
                self._executor.wipe()
            else:
                self.restart_engine()

    def adopt(self, seen: NodeObservation) -> None:
        """Begin as another node was seen: what a preview starts from."""
        with self._lock:
            self.network = seen.network
            self.facts = seen.facts or self.facts
            self.fronts.update(seen.fronts)
            for pod in seen.pods.values():
                self.engine.adopt(pod)

    def _named(self, pod: str, container: str) -> list[Container]:
        self._advance(self.now())
        return [
            each
            for each in self.engine.containers.values()
            if each.state.name == container and self.engine.pods[each.uid].name == pod
        ]

    # --- small things ---

    def _advance(self, now: float) -> None:
        self.engine.skew = self.faults.skew
        self.engine.advance(now)

    def _answers(self) -> None:
        if self.faults.hang:
            self._sleep(self.faults.hang)
            raise HostUnreachable(silence(self.faults))
        if self.faults.unreachable:
            raise HostUnreachable(self.faults.unreachable)

    def _publish(self, uid: str, container: str, action: str) -> None:
        for listener in self._listeners:
            listener.put(RuntimeEvent(self.node, uid, container, action))
