"""Deciding which containers of a pod to start, stop, or let wait.

The order is Kubernetes': init containers one after the other, sidecars among them until
they have started, then all the others. What ended is started again as its policy wants,
at once the first time and then with back-off.
"""

from __future__ import annotations

from kctl.controllers.common import epoch, pod_finished
from kctl.controllers.pod import comeback, probing
from kctl.controllers.pod.backoff import (
    FORGOTTEN,
    engine_delay,
    go_duration,
    raised,
    retry,
    wait_until,
)
from kctl.controllers.pod.context import PodContext
from kctl.controllers.pod.memory import ContainerMemory, Failure
from kctl.controllers.pod.outcomes import IMAGE_REASONS
from kctl.controllers.pod.runs import Run
from kctl.controllers.pod.starting import CannotStart, creating, start_operation
from kctl.runtime.observations import SANDBOX
from kctl.runtime.operations import RemoveContainer, StopContainer

_SHOWN_AS_ERROR = 2.0
"""Seconds for which a failed pull or start shows as such before it shows as back-off."""
_ENGINE_AT_WORK = 1.0
"""Seconds until a sandbox that the engine is restarting is looked at again."""
DEADLINE_MESSAGE = "Pod was active on the node longer than the specified deadline"


def decide(context: PodContext) -> None:
    """Fill the operations and the waiting reasons of one pod that is to run."""
    busy = context.busy()
    if not busy:
        context.memory.asked = None
    runs = list(context.runs.values())
    if pod_finished(context.pod) or _over_deadline(context) or _done(runs):
        if not busy:
            _stop_all(context, [run for run in reversed(runs) if run.alive])
        return
    sandbox = context.observation.sandbox
    if sandbox is not None and sandbox.state == "restarting":
        context.wake(context.now + _ENGINE_AT_WORK)
        return
    if not busy and _stop_what_is_stale(context, runs):
        return
    for run in _wanted(context, runs):
        _ensure(context, run, busy)


# --- the pod as a whole --------------------------------------------------------------


def _done(runs: list[Run]) -> bool:
    """Nothing is left to do but to stop the sidecars."""
    if any(run.container.role == "init" and _init_failed(run) for run in runs):
        return True
    return all(run.finished for run in runs if run.container.role == "app")


def _init_failed(run: Run) -> bool:
    return run.finished and run.exit_code != 0


def _over_deadline(context: PodContext) -> bool:
    seconds = context.pod["spec"].get("activeDeadlineSeconds")
    started = epoch((context.pod.get("status") or {}).get("startTime"))
    if seconds is None or not started:
        return False
    deadline = started + int(seconds)
    if context.now < deadline:
        context.wake(deadline)
        return False
    context.verdict = ("Failed", "DeadlineExceeded", DEADLINE_MESSAGE)
    context.event("Normal", "DeadlineExceeded", DEADLINE_MESSAGE)
    return True


def _stop_what_is_stale(context: PodContext, runs: list[Run]) -> bool:
    """Containers that outlived their sandbox have lost its network: they go first."""
    stale = [run for run in runs if run.alive and run.stale]
    if not stale:
        return False
    message = "Pod sandbox changed, it will be killed and re-created."
    if any(not _asked_lately(context, run) for run in stale):
        context.event("Normal", "SandboxChanged", message)
    _stop_all(context, stale, "its sandbox is gone")
    return True


def _stop_all(context: PodContext, runs: list[Run], reason: str = "") -> None:
    for run in runs:
        if not _asked_lately(context, run):
            _stop(context, run, _grace(context), reason)


def _wanted(context: PodContext, runs: list[Run]) -> list[Run]:
    """The containers whose turn it is, in order."""
    initialized = any(run.container.role == "app" and run.ran and not run.stale for run in runs)
    if initialized:
        return [run for run in runs if run.container.role != "init"]
    turn: list[Run] = []
    for run in runs:
        if run.container.role == "ephemeral":
            continue
        if run.container.role == "init":
            if run.finished:
                continue
            return [*turn, run]
        turn.append(run)
        if run.container.role == "sidecar" and not probing.started(context, run):
            return turn
    return turn


# --- one container -------------------------------------------------------------------


def _ensure(context: PodContext, run: Run, busy: bool) -> None:
    memory = context.memory.containers.get(run.name)
    match run.where:
        case "running":
            _heal(context, run, memory, busy)
        case "restarting" if run.outdated and not busy:
            _replace(context, run)
        case "restarting":
            message = _crash_message(context, run, engine_delay(run.restarts))
            _wait(context, run, "CrashLoopBackOff", message)
        case "ended" | "absent" | "unstarted":
            if not run.finished:
                _start(context, run, memory, busy)


def _heal(context: PodContext, run: Run, memory: ContainerMemory | None, busy: bool) -> None:
    """A container that runs: stop it when its probes say so."""
    backoff = memory.backoff if memory is not None else None
    if memory is not None and backoff is not None and context.now - backoff.at > FORGOTTEN:
        memory.backoff = None
    if memory is not None and memory.stopped and memory.stopped.run != run.identity:
        memory.stopped = None
    if busy:
        return
    if run.outdated:
        _replace(context, run)
        return
    probe = probing.failed(context, run)
    if not probe or _asked_lately(context, run):
        return
    message = f"Container {run.name} failed {probe} probe, will be restarted"
    context.event("Normal", "Killing", message, run.name)
    grace = probing.kill_grace(run, probe, _grace(context))
    _stop(context, run, grace, f"failed {probe} probe")


def _replace(context: PodContext, run: Run) -> None:
    """Its image was changed in the pod: stop it, to be made of the new one."""
    if _asked_lately(context, run):
        return
    message = f"Container {run.name} definition changed, will be restarted"
    context.event("Normal", "Killing", message, run.name)
    _stop(context, run, _grace(context), "its definition changed")


def _start(context: PodContext, run: Run, memory: ContainerMemory | None, busy: bool) -> None:
    """Start a container, now or when its back-off is over."""
    failure = memory.failure if memory else None
    if failure is not None and failure.image != run.container.spec.get("image", ""):
        failure = None
    if failure is not None:
        _show_failure(context, run, failure)
        if context.now < failure.at + failure.delay:
            return
    again = run.where == "ended" or (run.where == "absent" and run.ran)
    backoff = memory.backoff if memory else None
    in_loop = backoff is not None and backoff.run != run.identity and not run.outdated
    if again and failure is None and backoff is not None and in_loop:
        seen = context.ended_at(run)
        ended = backoff.at if seen is None else seen
        until = wait_until(backoff, ended)
        if until is not None and context.now < until:
            _wait(context, run, "CrashLoopBackOff", _crash_message(context, run, backoff.delay))
            context.wake(until)
            return
    if not busy:
        _make(context, run, again)


def _make(context: PodContext, run: Run, again: bool) -> None:
    """Ask for a new attempt; of the dead ones the newest stays, for its logs."""
    restarts = run.restarts + 1 if again else run.restarts
    try:
        if comeback.clearing(context):
            raise CannotStart(creating(context), "", None, comeback.LOOK_AGAIN)
        operation = start_operation(context, run, restarts)
    except CannotStart as error:
        _wait(context, run, error.reason, error.message, error.event)
        context.wake(context.now + error.retry)
        return
    _remove_sandbox(context)
    keep = run.state.id if run.state is not None and run.where == "ended" else ""
    for attempt in run.attempts:
        if attempt.id != keep:
            remove = RemoveContainer(context.node_name, context.uid, run.name, attempt.id)
            context.operate(remove)
    if again:
        memory = context.memory.container(run.name)
        if memory.backoff is None or memory.backoff.run != run.identity:
            seen = context.ended_at(run)
            ended = context.now if seen is None else seen
            memory.backoff = raised(memory.backoff, ended, context.now, run.identity)
    context.operate(operation)


def _remove_sandbox(context: PodContext) -> None:
    """A dead one stands in the way of the new one that the start makes."""
    sandbox = context.observation.sandbox
    if sandbox is not None and sandbox.state in ("created", "exited", "dead"):
        already = any(
            isinstance(each, RemoveContainer) and each.id == sandbox.id
            for each in context.changes.operations
        )
        if not already:
            context.operate(RemoveContainer(context.node_name, context.uid, SANDBOX, sandbox.id))


def _stop(context: PodContext, run: Run, grace: int, reason: str) -> None:
    assert run.state is not None
    memory = context.memory.container(run.name)
    memory.stopped = retry(memory.stopped, context.now, run.identity)
    context.operate(
        StopContainer(
            context.node_name,
            context.uid,
            run.name,
            run.state.id,
            grace,
            context.pod,
            reason,
        )
    )


def _asked_lately(context: PodContext, run: Run) -> bool:
    """A stop that had no effect is asked for again, but not over and over."""
    memory = context.memory.containers.get(run.name)
    stopped = memory.stopped if memory else None
    if stopped is None or stopped.run != run.identity:
        return False
    if context.now >= stopped.at + stopped.delay:
        return False
    context.wake(stopped.at + stopped.delay)
    return True


def _grace(context: PodContext) -> int:
    seconds = context.pod["spec"].get("terminationGracePeriodSeconds")
    return 30 if seconds is None else int(seconds)


# --- waiting -------------------------------------------------------------------------


def _crash_message(context: PodContext, run: Run, delay: float) -> str:
    return (
        f"back-off {go_duration(delay)} restarting failed container={run.name} "
        f"pod={context.full_name}"
    )


def _show_failure(context: PodContext, run: Run, failure: Failure) -> None:
    shown_until = failure.at + _SHOWN_AS_ERROR
    if context.now < failure.at + failure.delay:
        context.wake(failure.at + failure.delay)
    if not failure.reason:
        return
    if context.now < shown_until:
        context.wake(shown_until)
        _wait(context, run, failure.reason, failure.message)
    elif failure.reason in IMAGE_REASONS[:1]:
        image = run.container.spec.get("image", "")
        message = f'Back-off pulling image "{image}"'
        detail = f"{message}: {failure.reason}: {failure.message}"
        _wait(context, run, "ImagePullBackOff", detail, ("Normal", "BackOff", message))
        if _new(run, "ImagePullBackOff"):
            context.event("Warning", "Failed", "Error: ImagePullBackOff", run.name)
    elif failure.reason == "RunContainerError":
        _wait(context, run, "CrashLoopBackOff", _crash_message(context, run, failure.delay))
    else:
        _wait(context, run, failure.reason, failure.message)


def _new(run: Run, reason: str) -> bool:
    """The status does not say so yet."""
    waiting = (run.stored.get("state") or {}).get("waiting") or {}
    return bool(waiting.get("reason") != reason)


def _wait(
    context: PodContext,
    run: Run,
    reason: str,
    message: str,
    event: tuple[str, str, str] | None = None,
) -> None:
    context.waiting[run.name] = (reason, message)
    if reason == "CrashLoopBackOff":
        text = f"Back-off restarting failed container {run.name} in pod {context.full_name}"
        event = ("Warning", "BackOff", text)
    if event is not None and _new(run, reason):
        context.event(*event, run.name)
