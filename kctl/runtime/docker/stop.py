"""Stopping and removing: one container, or a whole pod with all that it had.

A preStop hook runs first, within the grace period, as the kubelet has it; then the stop
signal, then SIGKILL when the rest of the period is over.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import calls, labels
from kctl.runtime.docker.context import Context, Event, Failure, done, failed
from kctl.runtime.docker.hooks import pre_stop
from kctl.runtime.observations import SANDBOX
from kctl.runtime.threads import Threads

if TYPE_CHECKING:
    from kctl.runtime.operations import Outcome, RemoveContainer, StopContainer, TerminatePod

Row = Mapping[str, Any]
_ALIVE = ("running", "restarting", "paused")
_AT_LEAST = 2
"""seconds left for the stop signal after a preStop hook took all of the grace period"""


def stop_container(context: Context, operation: StopContainer) -> Outcome:
    """Execute a `StopContainer`. A container that is gone or dead is success."""
    with context.lock_of(operation.uid), calls.engine_words("KillContainerError"):
        events = [("Normal", "Killing", _killing(operation.container, operation.reason))]
        with context.engine.patient() as api:
            calls.retire(api, operation.id)
        events += _stop(context, operation.id, operation.container, operation.grace, operation.pod)
        return done(operation, tuple(events), context.observer.pod(operation.uid))


def remove_container(context: Context, operation: RemoveContainer) -> Outcome:
    """Execute a `RemoveContainer`; never touches one that runs."""
    with context.lock_of(operation.uid), calls.engine_words("RemoveContainerError"):
        state = context.observer.inspect(operation.id)
        if state is not None and state.state in _ALIVE:
            words = f"container {operation.container} ({operation.id[:12]}) runs"
            return failed(operation, Failure("RemoveContainerError", words))
        if state is not None:
            with context.engine.patient() as api:
                calls.remove(api, operation.id)
        return done(operation, (), context.observer.pod(operation.uid))


def terminate_pod(context: Context, operation: TerminatePod) -> Outcome:
    """Execute a `TerminatePod`."""
    with context.lock_of(operation.uid), calls.engine_words("KillPodError"):
        rows, _ = context.engine.containers(labels.of_pod(context.cluster, operation.uid))
        events = _stop_all(context, operation, rows)
        _remove_all(context, operation.uid, rows)
    context.uploaded.pop(operation.uid, None)
    context.pod_locks.pop(operation.uid, None)
    return done(operation, tuple(events))


def _stop_all(context: Context, operation: TerminatePod, rows: Iterable[Row]) -> list[Event]:
    """Stop the pod's own containers side by side; the sandbox goes with its removal."""
    alive = [
        (row["Id"], row["Labels"].get(labels.CONTAINER, ""))
        for row in rows
        if row["State"] in _ALIVE and row["Labels"].get(labels.CONTAINER) != SANDBOX
    ]
    events: list[Event] = [("Normal", "Killing", _killing(name, "")) for _, name in alive]
    pod = operation.pod or {}

    def stop(each: tuple[str, str]) -> list[Event]:
        return _stop(context, each[0], each[1], operation.grace, pod)

    if operation.grace == 0:
        return events  # the removal kills
    if len(alive) == 1:
        return events + stop(alive[0])
    if alive:
        with Threads(len(alive)) as pool:
            for more in pool.map(stop, alive):
                events += more
    return events


def _remove_all(context: Context, uid: str, rows: Iterable[Row]) -> None:
    """Remove the pod's containers, its sandbox last, and its volumes."""
    from docker.errors import NotFound

    ordered = sorted(rows, key=lambda row: row["Labels"].get(labels.CONTAINER) == SANDBOX)
    own = {
        mount["Name"]
        for row in ordered
        for mount in row.get("Mounts") or []
        if mount.get("Type") == "volume" and mount.get("Name", "").startswith(f"kctl_{uid}_")
    }
    with context.engine.patient() as api:
        for row in ordered:
            calls.remove(api, row["Id"])
        for name in own:
            try:
                api.remove_volume(name)
            except NotFound:
                continue  # another process was faster


def _killing(container: str, reason: str) -> str:
    return reason or f"Stopping container {container}"


def _stop(
    context: Context, container_id: str, name: str, grace: int, pod: Mapping[str, Any]
) -> list[Event]:
    """The hook, the signal, the kill; the events of a hook that failed."""
    from docker.errors import NotFound

    began = time.monotonic()
    events = pre_stop(context, container_id, name, grace, pod) if grace > 0 else []
    left = grace - (time.monotonic() - began)
    if events or left < grace - 1:
        left = max(left, _AT_LEAST)
    with context.engine.patient() as api:
        try:
            api.stop(container_id, timeout=max(1, round(left)) if grace else 0)
        except NotFound:
            return events
    return events
