"""From an operation to the function that executes it; expected failures are outcomes."""

from __future__ import annotations

from kctl.runtime.docker import calls, clean, fronts, probes, start, stop
from kctl.runtime.docker.context import Context, Failure, done, failed
from kctl.runtime.docker.network import NetworkConflict
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
from kctl.runtime.types import HostUnreachable


def execute(context: Context, operation: Operation) -> Outcome:
    """Execute one operation; raises only what is a defect."""
    try:
        with calls.engine_words("EngineError"):
            return _dispatch(context, operation)
    except Failure as failure:
        return failed(operation, failure)
    except HostUnreachable as error:
        return failed(operation, Failure("Unreachable", str(error)))


def _dispatch(context: Context, operation: Operation) -> Outcome:
    match operation:
        case StartContainer():
            return start.start(context, operation)
        case StopContainer():
            return stop.stop_container(context, operation)
        case RemoveContainer():
            return stop.remove_container(context, operation)
        case TerminatePod():
            return stop.terminate_pod(context, operation)
        case RunProbe():
            return probes.run(context, operation)
        case PrepareNode():
            return _prepare(context, operation)
        case ApplyFront():
            return fronts.apply(context, operation)
        case RemoveFront():
            return fronts.remove(context, operation)
        case CleanNode():
            return clean.clean(context, operation)


def _prepare(context: Context, operation: PrepareNode) -> Outcome:
    try:
        context.network.ensure(operation.network)
    except NetworkConflict as conflict:
        events = (("Warning", "NetworkNotReady", str(conflict)),)
        raise Failure("NetworkNotReady", str(conflict), events) from None
    return done(operation)
