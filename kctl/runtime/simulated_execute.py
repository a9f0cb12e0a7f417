"""What a simulated engine makes of each operation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from kctl.runtime.observations import SANDBOX, FrontState, PodObservation
from kctl.runtime.operations import (
    ApplyFront,
    CleanNode,
    Operation,
    Outcome,
    PrepareNode,
    RemoveContainer,
    RemoveFront,
    RunProbe,
    StartContainer,
    StopContainer,
    TerminatePod,
)
from kctl.runtime.pod_status import is_ephemeral, spec_of
from kctl.runtime.simulated_engine import STOPPED, Container, Engine, Pod, Policy
from kctl.runtime.simulated_faults import Faults, Latency

Events = tuple[tuple[str, str, str], ...]
_POLICIES: Mapping[str, Policy] = {"Always": "always", "OnFailure": "on-failure", "Never": "no"}


class Executor:
    """Executes operations on an engine, several at once where they take time."""

    def __init__(
        self,
        engine: Engine,
        faults: Faults,
        latency: Latency,
        now: Callable[[], float],
        sleep: Callable[[float], None],
        lock: threading.RLock,
    ) -> None:
        self.engine, self.faults, self.latency = engine, faults, latency
        self.now, self._sleep, self._lock = now, sleep, lock
        self.executed: list[Operation] = []
        self.fronts: dict[str, FrontState] = {}
        self.served: dict[str, frozenset[str]] = {}
        self.network = False
        self.owner = ""
        """uid of the node that the network was made for"""
        self.images: set[str] = set()

    def execute(self, operation: Operation) -> Outcome:
        with self._lock:
            self.executed.append(operation)
        if self.faults.hang:
            self._sleep(self.faults.hang)
            return self._failed(operation, "Unreachable", silence(self.faults))
        with self._lock:
            if self.faults.unreachable:
                return self._failed(operation, "Unreachable", self.faults.unreachable)
            self.engine.skew = self.faults.skew
            self.engine.advance(self.now())
        outcome = self._dispatch(operation)
        if self.faults.answers_lost or self.faults.unreachable:
            return self._failed(operation, "Unreachable", self.faults.unreachable or "broken pipe")
        return outcome

    def _dispatch(self, operation: Operation) -> Outcome:
        match operation:
            case StartContainer():
                return self._start(operation)
            case StopContainer():
                return self._stop(operation)
            case TerminatePod():
                return self._terminate(operation)
            case RunProbe():
                return self._probe(operation)
            case ApplyFront():
                self._pause(self.latency.front)
        with self._lock:
            return self._quick(operation)

    def _start(self, operation: StartContainer) -> Outcome:
        meta, spec = operation.pod["metadata"], spec_of(operation.pod, operation.container)
        image = spec.get("image", "")
        events = []
        if image in self.faults.missing_images:
            return self._failed(operation, "ErrImagePull", f"{image}: not found")
        if image in self.images and spec.get("imagePullPolicy") != "Always":
            text = (
                f'Container image "{image}" already present on machine '
                "and can be accessed by the pod"
            )
        else:
            events.append(("Normal", "Pulling", f'Pulling image "{image}"'))
            self._pause(self.latency.pull)
            text = f'Successfully pulled image "{image}"'
        events.append(("Normal", "Pulled", text))
        self._pause(self.latency.start)
        with self._lock:
            self.images.add(image)
            refused = self._refuse(operation)
            if refused:
                return self._failed(operation, "CreateContainerError", refused, tuple(events))
            container = self._create(operation, image)
            events.append(("Normal", "Created", "Container created"))
            if (meta["name"], operation.container) in self.faults.unstartable:
                error = f"exec: {operation.container}: no such file or directory"
                self.engine.fail_to_start(container, error)
                return self._failed(operation, "RunContainerError", error, tuple(events))
            self.engine.start(container, self.now())
            events.append(("Normal", "Started", "Container started"))
            return self._done(operation, tuple(events), operation.uid)

    def _refuse(self, operation: StartContainer) -> str:
        """What a real engine would not do: two containers of one name, two pods of one
        address."""
        for each in self.engine.of(operation.uid, operation.container):
            if each.state.attempt == operation.attempt:
                return f"the name of attempt {operation.attempt} is already in use"
        address = operation.network.address
        if address and not operation.network.host_network:
            for uid in self.engine.holders(address):
                if uid != operation.uid and self._alive(uid):
                    return f"Address already in use: {address}"
        return ""

    def _alive(self, uid: str) -> bool:
        return any(each.running for each in self.engine.of(uid))

    def _create(self, operation: StartContainer, image: str) -> Container:
        meta, spec = operation.pod["metadata"], operation.pod["spec"]
        address = "" if operation.network.host_network else operation.network.address
        pod = Pod(operation.uid, meta["namespace"], meta["name"], address)
        if len(spec["containers"]) + len(spec.get("initContainers") or ()) > 1:
            self._sandbox(pod)
        own = spec_of(operation.pod, operation.container)
        policy = _POLICIES[own.get("restartPolicy") or spec.get("restartPolicy") or "Always"]
        if (operation.init and not own.get("restartPolicy")) or is_ephemeral(
            operation.pod, operation.container
        ):
            policy = "no"
        return self.engine.add(
            pod,
            operation.container,
            operation.attempt,
            operation.restarts,
            image,
            policy,
            self.faults.program(meta["name"], operation.container, image),
        )

    def _sandbox(self, pod: Pod) -> None:
        known = self.engine.of(pod.uid, SANDBOX)
        if any(each.running for each in known):
            return
        for each in known:
            if each.state.state == "restarting":
                self.engine.start(each, self.now())
                return
        attempt = max((each.state.attempt for each in known), default=-1) + 1
        made = self.engine.add(pod, SANDBOX, attempt, 0, "kctl/sandbox", "always")
        self.engine.start(made, self.now())

    def _stop(self, operation: StopContainer) -> Outcome:
        self._pause(min(self.latency.stop, operation.grace))
        with self._lock:
            container = self.engine.containers.get(operation.id)
            if container is not None:
                if self.engine.pods[operation.uid].name in self.faults.stuck:
                    return self._failed(operation, "", "the container does not stop")
                if container.state.state in ("running", "restarting"):
                    self.engine.end(container, self.now(), STOPPED, by_hand=True)
            return self._done(operation, (), operation.uid)

    def _terminate(self, operation: TerminatePod) -> Outcome:
        self._pause(min(self.latency.stop, operation.grace))
        with self._lock:
            if operation.name in self.faults.stuck:
                return self._failed(operation, "", "the containers do not stop")
            for container in self.engine.of(operation.uid):
                self.engine.remove(container)
            gone = PodObservation(operation.uid, operation.namespace, operation.name)
            return Outcome(operation, True, self.now(), pod=gone)

    def _probe(self, operation: RunProbe) -> Outcome:
        self._pause(self.latency.probe)
        with self._lock:
            container = self.engine.containers.get(operation.id)
            if container is None or not container.running:
                return self._failed(operation, "", "the container is not running")
            pod = self.engine.pods[operation.uid].name
            if (pod, operation.container, operation.probe) in self.faults.failing_probes:
                return self._failed(operation, "", "HTTP probe failed with statuscode: 500")
            return Outcome(operation, True, self.now())

    def _quick(self, operation: Operation) -> Outcome:
        """What takes no time."""
        match operation:
            case PrepareNode(network=network):
                self.owner = self.owner or network.uid
                self.network = True
            case RemoveContainer(uid=uid, id=identifier):
                container = self.engine.containers.get(identifier)
                if container is not None:
                    self.engine.remove(container)
                return self._done(operation, (), uid)
            case ApplyFront(front=front):
                state = FrontState(front.name, True, front.digest)
                self.engine.version += front.name not in self.fronts  # containers alone count
                self.fronts[front.name] = state
                self.served[front.name] = front.endpoints
                return Outcome(operation, True, self.now(), front=state)
            case RemoveFront(name=name):
                self.engine.version += self.fronts.pop(name, None) is not None
            case CleanNode():
                self.wipe()
        return Outcome(operation, True, self.now())

    def wipe(self) -> None:
        """Nothing of anybody is left."""
        for container in list(self.engine.containers.values()):
            self.engine.remove(container)
        self.fronts.clear()
        self.network, self.owner = False, ""

    # --- small things ---

    def _done(
        self, operation: Operation, events: tuple[tuple[str, str, str], ...], uid: str
    ) -> Outcome:
        pod = self.engine.observation(uid)
        return Outcome(operation, True, self.now(), events=events, pod=pod)

    def _failed(
        self,
        operation: Operation,
        reason: str,
        message: str,
        events: tuple[tuple[str, str, str], ...] = (),
    ) -> Outcome:
        return Outcome(operation, False, self.now(), reason, message, events)

    def _pause(self, seconds: float) -> None:
        if seconds:
            self._sleep(seconds * self.faults.slow)


def silence(faults: Faults) -> str:
    return f"no answer within {faults.hang:g} s"
