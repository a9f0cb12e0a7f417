"""Lifecycle hooks: postStart and preStop, by exec, HTTP or a pause.

A container counts as started only when its postStart hook has ended; one that fails
kills the container, as the kubelet has it. A preStop hook runs within the grace period.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import exec as execution
from kctl.runtime.docker import http
from kctl.runtime.docker.client import explanation
from kctl.runtime.docker.context import Context, Event, Failure
from kctl.runtime.pod_status import spec_of

if TYPE_CHECKING:
    from kctl.runtime.operations import StartContainer

Handler = Mapping[str, Any]
_POST_START_SECONDS = 120.0
"""The kubelet has no bound; here one operation must end."""


def post_start(context: Context, operation: StartContainer, container_id: str) -> None:
    """Run the hook, if there is one; raises `Failure` after killing the container."""
    spec = spec_of(operation.pod, operation.container)
    handler = (spec.get("lifecycle") or {}).get("postStart")
    if not handler:
        return
    address = operation.network.address or "127.0.0.1"
    problem = run(context, container_id, handler, spec, address, _POST_START_SECONDS)
    if problem:
        with context.engine.patient() as api:
            api.stop(container_id, timeout=0)
        raise Failure(
            "PostStartHookError",
            f"PostStartHook failed: {problem}",
            (
                ("Warning", "FailedPostStartHook", f"PostStartHook failed: {problem}"),
                ("Normal", "Killing", "FailedPostStartHook"),
            ),
        )


def pre_stop(
    context: Context, container_id: str, name: str, grace: int, pod: Mapping[str, Any]
) -> list[Event]:
    """Run the hook of container `name`, if it has one, for at most `grace` seconds; the
    event of its failure."""
    if not pod:
        return []
    spec = spec_of(pod, name)
    handler = (spec.get("lifecycle") or {}).get("preStop")
    if not handler:
        return []
    address = (pod.get("status") or {}).get("podIP") or "127.0.0.1"
    problem = run(context, container_id, handler, spec, address, float(grace))
    if not problem:
        return []
    return [("Warning", "FailedPreStopHook", f"PreStopHook failed: {problem}")]


def run(
    context: Context,
    container_id: str,
    handler: Handler,
    spec: Mapping[str, Any],
    address: str,
    timeout: float,
) -> str:
    """Run one handler; why it failed, "" when it worked."""
    if "exec" in handler:
        return _exec(context, container_id, handler["exec"].get("command") or [], timeout)
    if "httpGet" in handler:
        return _http(context, handler["httpGet"], spec, address, timeout)
    if "sleep" in handler:
        time.sleep(min(float(handler["sleep"].get("seconds", 0)), timeout))
        return ""
    return "unsupported handler: " + ", ".join(sorted(handler))


def _exec(context: Context, container_id: str, command: list[str], timeout: float) -> str:
    from docker.errors import APIError

    try:
        code, output = execution.run(context.engine, container_id, command, timeout)
    except APIError as error:
        return explanation(error)
    words = " ".join(command)
    if code is None:
        return f"command '{words}' timed out after {timeout:g}s"
    text = output.decode(errors="replace").strip()
    return f"command '{words}' exited with {code}: {text}" if code else ""


def _http(
    context: Context, handler: Handler, spec: Mapping[str, Any], address: str, timeout: float
) -> str:
    port = handler.get("port", 80)
    if isinstance(port, str) and not port.isdigit():
        named = {each.get("name"): each["containerPort"] for each in spec.get("ports") or []}
        if port not in named:
            return f"couldn't find port: {port}"
        port = named[port]
    try:
        status, _ = http.get(
            context.dial,
            handler.get("scheme") or "HTTP",
            handler.get("host") or address,
            int(port),
            handler.get("path") or "/",
            handler.get("httpHeaders") or (),
            timeout,
        )
    except http.HttpFailure as failure:
        return str(failure)
    return "" if status < 400 else f"HTTP status {status}"
