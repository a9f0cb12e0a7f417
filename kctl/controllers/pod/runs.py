"""Where each container of a pod stands: the engine's view beside what the status says.

Everything that decides or reports works on a `Run`, so that the odd cases (removed by
hand, made but never started, alive in a sandbox that died) are named in one place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kctl.controllers.common import epoch
from kctl.controllers.pod.specs import ContainerSpec, containers
from kctl.controllers.types import Object
from kctl.runtime.observations import ContainerState, PodObservation

Where = Literal["absent", "unstarted", "running", "restarting", "ended"]
LOST_EXIT_CODE = 137
"""What Kubernetes reports of a container that went without anybody seeing how."""


@dataclass(frozen=True)
class Run:
    """One container now. `state` is its running attempt, else the newest."""

    container: ContainerSpec
    where: Where
    state: ContainerState | None
    attempts: tuple[ContainerState, ...]
    """every attempt there is, newest first"""
    stored: Mapping[str, Any]
    """its entry in the pod's status, as stored; empty at first"""
    stale: bool
    """it belongs to a sandbox that is gone: whatever it did counts no more"""

    @property
    def name(self) -> str:
        return self.container.name

    @property
    def alive(self) -> bool:
        return self.where in ("running", "restarting")

    @property
    def ran(self) -> bool:
        """A container was there once, as far as the engine or the status knows."""
        return self.where not in ("absent", "unstarted") or bool(self.stored.get("containerID"))

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it has not."""
        if self.where == "ended" and self.state is not None:
            return exit_code(self.state)
        if self.where != "absent":
            return None
        state = self.stored.get("state") or {}
        if "terminated" in state:
            return int(state["terminated"]["exitCode"])
        lost = "running" in state and not self.container.restarts_when_lost()
        return LOST_EXIT_CODE if lost else None

    @property
    def finished(self) -> bool:
        """It ended, and its policy wants it to stay so."""
        code = self.exit_code
        if code is None or self.container.role == "ephemeral":
            return code is not None
        return not self.stale and not self.container.restarts_after(code)

    @property
    def restarts(self) -> int:
        """Never less than anybody was told already."""
        engine = max((each.restarts for each in self.attempts), default=0)
        told = int(self.stored.get("restartCount") or 0)
        return max(engine, told + 1 if self._restarted_uncounted else told)

    @property
    def _restarted_uncounted(self) -> bool:
        """The same container runs since later than the status says: the engine itself came
        back, or somebody restarted it by hand. Engines do not count that."""
        if self.where != "running" or self.state is None:
            return False
        before = ((self.stored.get("state") or {}).get("running") or {}).get("startedAt")
        if not before or self.stored.get("containerID") != container_id(self.state.id):
            return False
        return epoch(before) < math.floor(self.state.started_at)

    @property
    def next_attempt(self) -> int:
        return max((each.attempt for each in self.attempts), default=-1) + 1

    @property
    def outdated(self) -> bool:
        """It was made of another image than the pod asks for now."""
        wanted = self.container.spec.get("image", "")
        return bool(self.state and self.state.image and self.state.image != wanted)

    @property
    def identity(self) -> str:
        """Of one run of a container: another container, or one that the engine restarted,
        is another run. "" before the first."""
        identifier = self.state.id if self.state is not None else ""
        if not identifier:
            identifier = str(self.stored.get("containerID", "")).removeprefix(container_id(""))
        return f"{identifier[:12]}/{self.restarts}" if identifier else ""

    @property
    def ended_at(self) -> float | None:
        """When it ended (epoch seconds), None where nobody saw it."""
        if self.where != "ended" or self.state is None:
            return None
        return self.state.finished_at or self.state.started_at or None


def exit_code(state: ContainerState) -> int:
    """128 is what engines say of a process that could not even be started."""
    if state.exit_code is None:
        return 128 if state.state == "created" else 0
    return state.exit_code if state.exit_code or state.state != "created" else 128


def container_id(engine_id: str) -> str:
    """As statuses carry it."""
    return f"docker://{engine_id}"


def runs(pod: Object, observation: PodObservation) -> dict[str, Run]:
    """By container name, in the order in which they start."""
    specs = containers(pod)
    status = pod.get("status") or {}
    stored = {
        each["name"]: each
        for listed in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
        for each in status.get(listed) or ()
    }
    since = _alive_since(pod, observation)
    return {spec.name: _run(spec, observation, stored.get(spec.name, {}), since) for spec in specs}


def shares_sandbox(pod: Object) -> bool:
    """Whether a sandbox container holds the pod's namespaces: several containers share
    them, or volumes in memory that have to outlive a container."""
    spec = pod["spec"]
    if len(spec["containers"]) + len(spec.get("initContainers") or ()) > 1:
        return True
    return any((each.get("emptyDir") or {}).get("medium") for each in spec.get("volumes") or ())


def _alive_since(pod: Object, observation: PodObservation) -> float:
    """What started before this is stale: 0 where there is no sandbox, infinity where it
    is dead. With restartPolicy Never nothing runs twice, whatever became of its sandbox."""
    if not shares_sandbox(pod) or pod["spec"].get("restartPolicy") == "Never":
        return 0.0
    sandbox = observation.sandbox
    if sandbox is None or sandbox.state not in ("running", "paused"):
        return math.inf
    return sandbox.started_at


def _run(
    spec: ContainerSpec, observation: PodObservation, stored: Mapping[str, Any], since: float
) -> Run:
    attempts = tuple(observation.attempts(spec.name))
    living = [each for each in attempts if each.state in ("running", "restarting", "paused")]
    state = next(iter(living or attempts), None)
    if state is not None and _outlived(state, attempts, stored):
        state = None
    where: Where = _where(state) if state is not None else "absent"
    return Run(spec, where, state, attempts, stored, _stale(where, state, stored, since))


def _outlived(
    state: ContainerState, attempts: tuple[ContainerState, ...], stored: Mapping[str, Any]
) -> bool:
    """The newest container there is is not the last there was, which somebody removed:
    each that kctl makes anew carries more restarts than the one before."""
    last = stored.get("containerID")
    if not last or any(container_id(each.id) == last for each in attempts):
        return False
    return state.restarts < int(stored.get("restartCount") or 0)


def _where(state: ContainerState) -> Where:
    match state.state:
        case "running" | "paused":
            return "running"
        case "restarting":
            return "restarting"
        case "created":
            return "ended" if state.error or state.exit_code else "unstarted"
    return "ended"


def _stale(
    where: Where, state: ContainerState | None, stored: Mapping[str, Any], since: float
) -> bool:
    if not since or where == "unstarted":
        return False
    if state is not None:
        return bool(state.started_at) and state.started_at < since
    said = stored.get("state") or {}
    started = (said.get("running") or said.get("terminated") or {}).get("startedAt")
    # The status knows whole seconds only.
    return bool(started) and epoch(started) < (since if math.isinf(since) else math.floor(since))
