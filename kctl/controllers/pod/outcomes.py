"""Taking in how starts and stops went: events in the kubelet's words, waiting reasons."""

from __future__ import annotations

from kctl.controllers.pod.backoff import FIRST, LONGEST
from kctl.controllers.pod.context import PodContext
from kctl.controllers.pod.memory import ContainerMemory, Failure
from kctl.controllers.pod.runs import Run, container_id
from kctl.controllers.pod.specs import containers
from kctl.runtime.operations import Outcome, StartContainer

IMAGE_REASONS = ("ErrImagePull", "ErrImageNeverPull", "InvalidImageName")
_UNREACHABLE_RETRY = 2.0


def take_in(context: PodContext) -> None:
    """Every outcome once: a compute may call the controller several times with the same."""
    for name, run in context.runs.items():
        outcome = context.outcome(name)
        if outcome is None:
            _wait_for(context, name, run)
            continue
        if _known(context, run, outcome):
            continue
        for type_, reason, message in outcome.events:
            if reason == "Killing":
                continue  # said when it was asked for, with the reason why
            context.event(type_, reason, message, name)
        memory = context.memory.container(name)
        if isinstance(outcome.operation, StartContainer):
            _started(context, name, memory, outcome)
        else:
            memory.outcome = outcome.at


def _wait_for(context: PodContext, name: str, run: Run) -> None:
    """Nothing is shown. A look may see a container before the start that made it has ended:
    its status names it then, and its events are still to come."""
    known = context.memory.containers.get(name) or ContainerMemory()
    known.outcome = 0.0  # no longer shown, so nothing to tell it from
    if not context.view.in_flight(context.uid):
        known.awaited = ""
    elif run.state is not None and str(run.stored.get("containerID", "")) != container_id(
        run.state.id
    ):
        context.memory.container(name).awaited = run.state.id


def _known(context: PodContext, run: Run, outcome: Outcome) -> bool:
    """A start that worked is known once the status names the container, one that did not
    once it is remembered: a settled pod needs no memory."""
    memory = context.memory.containers.get(run.name) or ContainerMemory()
    if not isinstance(outcome.operation, StartContainer):
        return outcome.at <= memory.outcome
    if not outcome.ok:
        return memory.failure is not None and memory.failure.at >= outcome.at
    made = outcome.pod.newest(run.name) if outcome.pod else run.state
    if made is None:
        return memory.failure is None
    named = str(run.stored.get("containerID", "")) == container_id(made.id)
    return named and memory.awaited != made.id


def _started(context: PodContext, name: str, memory: ContainerMemory, outcome: Outcome) -> None:
    memory.awaited = ""
    if outcome.ok:
        memory.failure = None
        return
    if outcome.reason == "Unreachable":
        # Says nothing about the container: the node's own condition will.
        memory.failure = Failure("", "", outcome.at, _UNREACHABLE_RETRY, _image(outcome))
        return
    reason = outcome.reason or "RunContainerError"
    for type_, event_reason, message in _failure_events(context, name, reason, outcome):
        context.event(type_, event_reason, message, name)
    previous = memory.failure
    delay = FIRST
    if previous is not None and _family(previous.reason) == _family(reason):
        delay = min(max(previous.delay, FIRST / 2) * 2, LONGEST)
    memory.failure = Failure(reason, outcome.message, outcome.at, delay, _image(outcome))


def _image(outcome: Outcome) -> str:
    """The image that a start was tried with."""
    operation = outcome.operation
    assert isinstance(operation, StartContainer)
    listed = containers(operation.pod)
    return next((str(e.spec.get("image", "")) for e in listed if e.name == operation.container), "")


def _family(reason: str) -> str:
    return "image" if reason in IMAGE_REASONS else reason


def _failure_events(
    context: PodContext, name: str, reason: str, outcome: Outcome
) -> list[tuple[str, str, str]]:
    """What the kubelet would say, without what the runtime said already."""
    image = context.runs[name].container.spec.get("image", "")
    wanted = []
    if reason == "ErrImagePull":
        text = f'Failed to pull image "{image}": {outcome.message}'
        wanted.append(("Warning", "Failed", text))
        wanted.append(("Warning", "Failed", "Error: ErrImagePull"))
    elif reason == "InvalidImageName":
        wanted.append(("Warning", "InspectFailed", outcome.message))
        wanted.append(("Warning", "Failed", "Error: InvalidImageName"))
    elif reason == "ErrImageNeverPull":
        wanted.append(("Warning", "ErrImageNeverPull", outcome.message))
        wanted.append(("Warning", "Failed", "Error: ErrImageNeverPull"))
    else:
        wanted.append(("Warning", "Failed", f"Error: {outcome.message}"))
    said = {message for _, _, message in outcome.events}
    return [each for each in wanted if each[2] not in said]
