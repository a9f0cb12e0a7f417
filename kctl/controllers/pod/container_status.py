"""One entry of containerStatuses, worked out as the kubelet does.

Where the engine restarts a container by itself, how it had ended is known only if
somebody looked in between; what was seen once is kept from the stored status.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kctl.controllers.pod import probing
from kctl.controllers.pod.context import PodContext
from kctl.controllers.pod.runs import LOST_EXIT_CODE, Run, container_id, exit_code
from kctl.controllers.pod.starting import creating
from kctl.runtime.observations import ContainerState

State = dict[str, Any]
LOST_MESSAGE = "The container could not be located when the pod was terminated"
_UNSEEN_MESSAGE = "The engine restarted the container before its exit was seen"


def container_status(context: PodContext, run: Run) -> dict[str, Any]:
    """The whole entry."""
    state, last = _states(context, run)
    engine = run.state
    stored = run.stored
    known = engine is not None and run.where != "unstarted"
    status = {
        "name": run.name,
        "state": state,
        "lastState": last,
        "ready": _ready(context, run),
        "restartCount": run.restarts,
        "image": (engine.image if engine and known else "")
        or stored.get("image")
        or run.container.spec.get("image", ""),
        "imageID": engine.image_id if engine and known else stored.get("imageID", ""),
    }
    if run.container.role != "ephemeral":
        status["started"] = probing.started(context, run)
    identifier = container_id(engine.id) if engine and known else stored.get("containerID")
    if identifier:
        status["containerID"] = identifier
    return status


def _ready(context: PodContext, run: Run) -> bool:
    if run.container.role == "init":
        return run.finished and run.exit_code == 0
    if run.container.role == "ephemeral":
        return False  # nobody waits for it
    return probing.ready(context, run)


def _states(context: PodContext, run: Run) -> tuple[State, State]:
    """(state, lastState)"""
    waiting = context.waiting.get(run.name)
    match run.where:
        case "running":
            assert run.state is not None
            running = {"running": {"startedAt": stamp(run.state.started_at)}}
            return running, _before(run, run.state)
        case "restarting" | "ended":
            assert run.state is not None
            ended = {"terminated": terminated(run.state)}
            if waiting is not None and not run.finished:
                return _waiting(*waiting), ended
            if run.where == "restarting":
                return _waiting("ContainerCreating", ""), ended
            return ended, _before(run, run.state)
    return _states_without_container(context, run)


def _states_without_container(context: PodContext, run: Run) -> tuple[State, State]:
    stored = run.stored.get("state") or {}
    last = dict(run.stored.get("lastState") or {})
    if run.finished:
        kept = stored if "terminated" in stored else {"terminated": _lost(run)}
        return dict(kept), last
    if "terminated" in stored:
        last = dict(stored)
    elif "running" in stored:
        last = {"terminated": _lost(run)}
    reason, message = context.waiting.get(run.name) or (creating(context), "")
    return _waiting(reason, message), last


def _waiting(reason: str, message: str) -> State:
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def _lost(run: Run) -> dict[str, Any]:
    """How a container ended that is no longer there."""
    running = (run.stored.get("state") or {}).get("running") or {}
    lost: dict[str, Any] = {
        "exitCode": LOST_EXIT_CODE,
        "reason": "ContainerStatusUnknown",
        "message": LOST_MESSAGE,
        "startedAt": running.get("startedAt"),
        "finishedAt": None,
    }
    if run.stored.get("containerID"):
        lost["containerID"] = run.stored["containerID"]
    return lost


def terminated(state: ContainerState) -> dict[str, Any]:
    code = exit_code(state)
    if state.state == "created":
        reason = "ContainerCannotRun"
    elif state.oom_killed:
        reason = "OOMKilled"
    else:
        reason = "Completed" if code == 0 else "Error"
    found: dict[str, Any] = {"exitCode": code, "reason": reason}
    if state.error:
        found["message"] = state.error
    found["startedAt"] = stamp(state.started_at) if state.started_at else None
    found["finishedAt"] = stamp(state.finished_at) if state.finished_at else None
    found["containerID"] = container_id(state.id)
    return found


def _before(run: Run, now: ContainerState) -> State:
    """How the run before this one ended."""
    older = [each for each in run.attempts if each.attempt < now.attempt]
    stored_last = dict(run.stored.get("lastState") or {})
    if int(run.stored.get("restartCount") or 0) < run.restarts:
        stored_state = run.stored.get("state") or {}
        if "terminated" in stored_state:
            return dict(stored_state)
        if "waiting" in stored_state and "terminated" in stored_last:
            return stored_last
        if older and not _restarted_in_place(run, now):
            return {"terminated": terminated(older[0])}
        return {"terminated": _unseen(run, now)}
    if not stored_last and older:
        return {"terminated": terminated(older[0])}
    return stored_last


def _restarted_in_place(run: Run, now: ContainerState) -> bool:
    return bool(run.stored.get("containerID") == container_id(now.id))


def _unseen(run: Run, now: ContainerState) -> dict[str, Any]:
    running = (run.stored.get("state") or {}).get("running") or {}
    return {
        "exitCode": LOST_EXIT_CODE,
        "reason": "ContainerStatusUnknown",
        "message": _UNSEEN_MESSAGE,
        "startedAt": running.get("startedAt"),
        "finishedAt": stamp(now.finished_at) if now.finished_at else None,
        "containerID": container_id(now.id),
    }


def stamp(seconds: float) -> str:
    """Epoch seconds as objects carry them."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
