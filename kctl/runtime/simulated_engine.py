"""The containers of a simulated node, and what becomes of them as time goes by.

It restarts containers as Docker does: by their policy, after 100 ms and then twice as
long each time, unless somebody stopped them by hand. Nothing happens between two
looks: `advance` plays what is due, in order, so that a thousand idle pods cost nothing.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from kctl.runtime.observations import SANDBOX, ContainerState, PodObservation
from kctl.runtime.simulated_faults import FOREVER, Program

Policy = Literal["always", "on-failure", "no"]
_FIRST_DELAY, _LONGEST_DELAY, _HEALTHY = 0.1, 60.0, 10.0
"""Docker's restart delays, and the run that begins them anew, in seconds."""
STOPPED, KILLED = 143, 137
"""Exit codes of SIGTERM and SIGKILL."""


@dataclass
class Container:
    """`state` is what an observation shows; the rest is how it goes on."""

    uid: str
    state: ContainerState
    policy: Policy
    program: Program
    label_restarts: int = 0
    since: float = 0.0
    """when it was last started, by the clock that the engine is given"""
    delay: float = _FIRST_DELAY
    by_hand: bool = False
    turn: int = 0
    """Raised at each change of state: what was planned before is void."""

    @property
    def running(self) -> bool:
        return self.state.state == "running"


@dataclass
class Pod:
    uid: str
    namespace: str
    name: str
    address: str = ""


class Engine:
    """Not safe for several threads: its runtime guards it."""

    def __init__(self, node: str, changed: Callable[[str, str, str], None]) -> None:
        """`changed(uid, container, action)` is told of every change."""
        self.node = node
        self.containers: dict[str, Container] = {}
        self.pods: dict[str, Pod] = {}
        self.version = 0
        self.skew = 0.0
        """Seconds by which the times that it shows are ahead of the clock that it is given."""
        self._changed = changed
        self._of_pod: dict[str, list[str]] = {}
        self._of_address: dict[str, set[str]] = {}
        self._due: list[tuple[float, int, str, int]] = []
        self._numbers = 0
        self._shown: dict[str, PodObservation] = {}
        self._dirty: set[str] = set()

    # --- reading ---

    def observations(self) -> dict[str, PodObservation]:
        """By uid; the same object as long as nothing changed."""
        if self._dirty:
            shown = dict(self._shown)
            for uid in self._dirty:
                pod = self.observation(uid)
                if pod.containers:
                    shown[uid] = pod
                else:
                    shown.pop(uid, None)
            self._shown = shown
            self._dirty = set()
        return self._shown

    def observation(self, uid: str) -> PodObservation:
        pod = self.pods.get(uid) or Pod(uid, "", "")
        states = [self.containers[each].state for each in self._of_pod.get(uid, ())]
        states.sort(key=lambda state: (state.name, -state.attempt))
        return PodObservation(uid, pod.namespace, pod.name, tuple(states), pod.address)

    def of(self, uid: str, name: str = "") -> list[Container]:
        """Containers of a pod, newest first; those of one name where it is given."""
        found = [self.containers[each] for each in self._of_pod.get(uid, ())]
        named = [each for each in found if not name or each.state.name == name]
        return sorted(named, key=lambda each: -each.state.attempt)

    # --- changing ---

    def add(
        self,
        pod: Pod,
        name: str,
        attempt: int,
        restarts: int,
        image: str,
        policy: Policy,
        program: Program = FOREVER,
    ) -> Container:
        """A container that is made and not yet started."""
        self._numbers += 1
        text = f"{self.node}/{self._numbers}"
        state = ContainerState(
            id=hashlib.sha256(text.encode()).hexdigest(),
            name=name,
            attempt=attempt,
            state="created",
            image=image,
            image_id="sha256:" + hashlib.sha256(image.encode()).hexdigest(),
            restarts=restarts,
        )
        container = Container(pod.uid, state, policy, program, restarts)
        if pod.uid not in self.pods:
            self._register(pod)
        self.containers[state.id] = container
        self._of_pod.setdefault(pod.uid, []).append(state.id)
        self._touch(container, "create")
        return container

    def start(self, container: Container, now: float) -> None:
        container.by_hand, container.since = False, now
        finished, shown = container.state.finished_at, now + self.skew
        self._become(container, "start", state="running", started_at=shown, finished_at=finished)
        container.state = replace(container.state, exit_code=None, oom_killed=False, error="")
        if container.program.runs is not None:
            self._plan(container, now + container.program.runs)

    def end(
        self, container: Container, now: float, code: int, *, by_hand: bool, oom: bool = False
    ) -> None:
        """Its process ended; the policy says whether the engine starts it again."""
        container.by_hand = by_hand
        ran = now - container.since
        again = not by_hand and (
            container.policy == "always" or (container.policy == "on-failure" and code != 0)
        )
        self._become(
            container,
            "die",
            state="restarting" if again else "exited",
            finished_at=now + self.skew,
            exit_code=code,
            oom_killed=oom,
        )
        if again:
            container.delay = _FIRST_DELAY if ran >= _HEALTHY else container.delay
            self._plan(container, now + container.delay)
            container.delay = min(container.delay * 2, _LONGEST_DELAY)

    def fail_to_start(self, container: Container, error: str) -> None:
        self._become(container, "create", state="created", exit_code=127, error=error)

    def remove(self, container: Container) -> None:
        identifier = container.state.id
        self.containers.pop(identifier, None)
        listed = self._of_pod.get(container.uid, [])
        if identifier in listed:
            listed.remove(identifier)
        self._touch(container, "destroy")
        container.turn += 1
        if not listed:
            self._of_pod.pop(container.uid, None)
            gone = self.pods.pop(container.uid, None)
            if gone is not None:
                self._of_address[gone.address].discard(gone.uid)

    def restart(self, now: float) -> None:
        """The engine goes down and comes up: everything ended, and what its policy says
        always runs is running again."""
        alive = [
            each
            for each in self.containers.values()
            if each.state.state in ("running", "restarting")
        ]
        for container in alive:
            self.end(container, now, KILLED, by_hand=True)
        for container in sorted(alive, key=lambda each: each.state.name != SANDBOX):
            if container.policy == "always":
                self.start(container, now)

    def advance(self, now: float) -> None:
        """Play everything that is due, in the order of time."""
        while self._due and self._due[0][0] <= now:
            at, _, identifier, turn = heapq.heappop(self._due)
            container = self.containers.get(identifier)
            if container is None or container.turn != turn:
                continue
            if container.running:
                program = container.program
                code = KILLED if program.oom else program.exit_code
                self.end(container, at, code, by_hand=False, oom=program.oom)
            elif container.state.state == "restarting":
                restarts = container.state.restarts + 1
                self.start(container, at)
                container.state = replace(container.state, restarts=restarts)

    def next_due(self) -> float:
        """When something happens by itself; infinity for never."""
        while self._due:
            at, _, identifier, turn = self._due[0]
            container = self.containers.get(identifier)
            if container is not None and container.turn == turn:
                return at
            heapq.heappop(self._due)
        return math.inf

    def adopt(self, pod: PodObservation, policy: Policy = "always") -> None:
        """Take over what another engine was seen to run."""
        self._register(Pod(pod.uid, pod.namespace, pod.name, pod.address))
        for state in pod.containers:
            self.containers[state.id] = Container(pod.uid, state, policy, FOREVER, state.restarts)
            self._of_pod.setdefault(pod.uid, []).append(state.id)
        self._dirty.add(pod.uid)
        self.version += 1

    def holders(self, address: str) -> set[str]:
        """uids of the pods with this address."""
        return self._of_address.get(address, set())

    def _register(self, pod: Pod) -> None:
        self.pods[pod.uid] = pod
        self._of_address.setdefault(pod.address, set()).add(pod.uid)

    def _plan(self, container: Container, at: float) -> None:
        self._numbers += 1
        heapq.heappush(self._due, (at, self._numbers, container.state.id, container.turn))

    def _become(self, container: Container, action: str, **state: object) -> None:
        container.turn += 1
        container.state = replace(container.state, **state)  # type: ignore[arg-type]
        self._touch(container, action)

    def _touch(self, container: Container, action: str) -> None:
        self.version += 1
        self._dirty.add(container.uid)
        self._changed(container.uid, container.state.name, action)
