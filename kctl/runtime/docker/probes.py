"""One attempt of a probe. The message is the inner part: the pod controller puts
"Readiness probe failed: " before it.

HTTP and TCP go to the pod's address in the network of its host; exec runs through the
engine. A probe that fails says something of the container only while the host answers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import exec as execution
from kctl.runtime.docker import http
from kctl.runtime.docker.client import explanation
from kctl.runtime.docker.context import Context
from kctl.runtime.operations import Outcome

if TYPE_CHECKING:
    from kctl.runtime.operations import RunProbe

_OUTPUT_LIMIT = 10 * 1024


def run(context: Context, operation: RunProbe) -> Outcome:
    """Execute a `RunProbe`. Raises `HostUnreachable`."""
    spec = operation.spec
    timeout = float(spec.get("timeoutSeconds") or 1)
    if "exec" in spec:
        ok, message = _exec(context, operation.id, spec["exec"], timeout)
    elif "httpGet" in spec:
        ok, message = _http(context, spec["httpGet"], operation.address, timeout)
    elif "tcpSocket" in spec:
        ok, message = _tcp(context, spec["tcpSocket"], operation.address, timeout)
    elif "grpc" in spec:
        ok, message = False, "gRPC probes are not supported by kctl: use httpGet, tcpSocket or exec"
    else:
        ok, message = False, "missing probe handler"
    if not ok:
        context.engine.must_answer()
    return Outcome(operation, ok, time.time(), message=message)


def _exec(
    context: Context, container_id: str, handler: Mapping[str, Any], timeout: float
) -> tuple[bool, str]:
    from docker.errors import APIError

    command = handler.get("command") or []
    try:
        code, output = execution.run(context.engine, container_id, command, timeout)
    except APIError as error:
        return False, explanation(error)
    if code is None:
        words = " ".join(command)
        return False, f'command timed out: "{words}" timed out after {timeout:g}s'
    return code == 0, output[:_OUTPUT_LIMIT].decode(errors="replace")


def _http(
    context: Context, handler: Mapping[str, Any], address: str, timeout: float
) -> tuple[bool, str]:
    """(worked, message): a status from 200 to 399 is a success."""
    try:
        status, body = http.get(
            context.dial,
            handler.get("scheme") or "HTTP",
            handler.get("host") or address,
            int(handler["port"]),
            handler.get("path") or "/",
            handler.get("httpHeaders") or (),
            timeout,
        )
    except http.HttpFailure as failure:
        return False, str(failure)
    if 200 <= status < 400:
        return True, body.decode(errors="replace")
    return False, f"HTTP probe failed with statuscode: {status}"


def _tcp(
    context: Context, handler: Mapping[str, Any], address: str, timeout: float
) -> tuple[bool, str]:
    host, port = handler.get("host") or address, int(handler["port"])
    try:
        with context.dial(host, port, timeout):
            return True, ""
    except TimeoutError:
        return False, f"dial tcp {host}:{port}: i/o timeout"
    except OSError as error:
        return False, http.reason(error, f"{host}:{port}")
