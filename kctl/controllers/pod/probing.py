"""Probes: when they are due, what their results add up to.

Rules of https://kubernetes.io/docs/concepts/workloads/pods/probes/: a startup probe
holds the others back until it succeeded once; a container is not ready before its
readiness probe succeeded, and alive until its liveness probe failed often enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.controllers.pod.context import PodContext
from kctl.controllers.pod.memory import ContainerMemory, ProbeMemory
from kctl.controllers.pod.runs import Run
from kctl.runtime.operations import Outcome, RunProbe

FIELDS = {"startup": "startupProbe", "liveness": "livenessProbe", "readiness": "readinessProbe"}
_TITLES = {"startup": "Startup", "liveness": "Liveness", "readiness": "Readiness"}


def has_probes(run: Run) -> bool:
    return any(run.container.spec.get(each) for each in FIELDS.values())


def started(context: PodContext, run: Run) -> bool:
    """Running, and its startup probe (if any) succeeded."""
    if run.where != "running" or run.stale:
        return False
    return not run.container.spec.get("startupProbe") or _result(context, run, "startup") is True


def ready(context: PodContext, run: Run) -> bool:
    if not started(context, run):
        return False
    if not run.container.spec.get("readinessProbe"):
        return True
    return _result(context, run, "readiness") is True


def failed(context: PodContext, run: Run) -> str:
    """The probe ("startup", "liveness") that says to kill the container, or ""."""
    for name in ("startup", "liveness"):
        if run.container.spec.get(FIELDS[name]) and _result(context, run, name) is False:
            return name
    return ""


def kill_grace(run: Run, probe: str, default: int) -> int:
    """Seconds to stop a container that failed a probe."""
    spec = run.container.spec.get(FIELDS[probe]) or {}
    grace = spec.get("terminationGracePeriodSeconds")
    return default if grace is None else int(grace)


def _result(context: PodContext, run: Run, name: str) -> bool | None:
    memory = context.memory.containers.get(run.name)
    if memory is None or memory.run != run.identity:
        return None
    probe = memory.probes.get(name)
    return probe.result if probe else None


# --- taking in results ---------------------------------------------------------------


def take_in(context: PodContext) -> None:
    """Count every result of a probe of a run that still goes on, once."""
    for outcome in context.view.probes(context.uid):
        operation = outcome.operation
        if not isinstance(operation, RunProbe):
            continue
        run = context.runs.get(operation.container)
        memory = context.memory.containers.get(operation.container)
        if run is None or run.state is None or memory is None:
            continue
        if run.where != "running" or run.state.id != operation.id or memory.run != run.identity:
            continue
        probe = memory.probes.get(operation.probe)
        spec = run.container.spec.get(FIELDS[operation.probe])
        if probe is not None and spec and outcome.reason != "Unreachable":
            _count(context, run, operation.probe, spec, probe, outcome)


def _count(
    context: PodContext,
    run: Run,
    name: str,
    spec: Mapping[str, Any],
    probe: ProbeMemory,
    outcome: Outcome,
) -> None:
    threshold = int(spec.get("successThreshold" if outcome.ok else "failureThreshold") or 1)
    if outcome.at <= probe.at:
        return
    counted = (outcome.ok, min(probe.run + 1, threshold) if probe.last is outcome.ok else 1)
    if outcome.ok and counted == (probe.last, probe.run) and probe.result is True:
        return  # nothing that a later result could depend on
    probe.last, probe.run = counted
    probe.at = outcome.at
    if probe.run >= threshold:
        probe.result = outcome.ok
    if not outcome.ok:
        message = f"{_TITLES[name]} probe failed: {outcome.message}"
        context.event("Warning", "Unhealthy", message, run.name)


# --- asking for the next -------------------------------------------------------------


def ask(context: PodContext) -> None:
    """Run what is due, and be back when the next one is."""
    for run in context.runs.values():
        if run.container.role != "init" and run.where == "running" and has_probes(run):
            _ask_of(context, run)


def _ask_of(context: PodContext, run: Run) -> None:
    memory = context.memory.container(run.name)
    if memory.run != run.identity:
        memory.run, memory.probes = run.identity, {}
    if failed(context, run):
        return  # it is about to be stopped
    startup = run.container.spec.get("startupProbe")
    if startup and not started(context, run):
        _one(context, run, memory, "startup", startup)
        return
    for name in ("readiness", "liveness"):
        spec = run.container.spec.get(FIELDS[name])
        if spec:
            _one(context, run, memory, name, spec)


def _one(
    context: PodContext, run: Run, memory: ContainerMemory, name: str, spec: Mapping[str, Any]
) -> None:
    assert run.state is not None
    probe = memory.probes.get(name)
    if probe is None:
        first = context.ours(run.state.started_at) + int(spec.get("initialDelaySeconds") or 0)
        probe = memory.probes[name] = ProbeMemory(next=first)
    if probe.next <= context.now:
        probe.next = context.now + int(spec.get("periodSeconds") or 10)
        address = (context.pod.get("status") or {}).get("podIP") or context.observation.address
        resolved, unknown = with_numbers(spec, run.container.spec)
        operation = RunProbe(
            context.node_name, context.uid, run.name, run.state.id, name, resolved, address
        )
        if unknown:
            failure = Outcome(
                operation, False, context.now, message=f"couldn't find port: {unknown}"
            )
            _count(context, run, name, spec, probe, failure)
        else:
            context.operate(operation)
    context.wake(probe.next)


def with_numbers(
    spec: Mapping[str, Any], container: Mapping[str, Any]
) -> tuple[Mapping[str, Any], str]:
    """The probe with named ports resolved, and the name that no port bears ("" for none)."""
    named = {
        each["name"]: each["containerPort"]
        for each in container.get("ports") or ()
        if each.get("name")
    }
    resolved = dict(spec)
    unknown = ""
    for action in ("httpGet", "tcpSocket"):
        port = (spec.get(action) or {}).get("port")
        if not isinstance(port, str):
            continue
        number = int(port) if port.isdigit() else named.get(port)
        if number is None:
            unknown = port
        resolved[action] = {**spec[action], "port": number}
    return resolved, unknown
