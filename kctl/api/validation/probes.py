"""Probes, life-cycle hooks, and what both may do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.validation.values import non_negative, port_or_name

Action = Mapping[str, Any]

_HEADER = re.compile(r"[-A-Za-z0-9]+")
_HEADER_TEXT = (
    "a valid HTTP header must consist of alphanumeric characters or '-' "
    "(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
)
_COUNTS = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)
_SIGNALS = (
    "ABRT",
    "ALRM",
    "BUS",
    "CHLD",
    "CLD",
    "CONT",
    "FPE",
    "HUP",
    "ILL",
    "INT",
    "IO",
    "IOT",
    "KILL",
    "PIPE",
    "POLL",
    "PROF",
    "PWR",
    "QUIT",
    "SEGV",
    "STKFLT",
    "STOP",
    "SYS",
    "TERM",
    "TRAP",
    "TSTP",
    "TTIN",
    "TTOU",
    "URG",
    "USR1",
    "USR2",
    "VTALRM",
    "WINCH",
    "XCPU",
    "XFSZ",
    "RTMIN",
    "RTMAX",
)
_REALTIME = tuple(f"SIGRTMIN+{number}" for number in range(1, 16)) + tuple(
    f"SIGRTMAX-{number}" for number in range(1, 15)
)
STOP_SIGNALS = tuple(sorted((*(f"SIG{name}" for name in _SIGNALS), *_REALTIME)))


def probe(kind: str, value: Action, path: str, grace: int | None, errors: list[FieldError]) -> None:
    """`kind` is the field: "livenessProbe", "readinessProbe" or "startupProbe"."""
    _handler(value, path, grace, _PROBE_HANDLERS, errors)
    for name in _COUNTS:
        non_negative(value.get(name), f"{path}.{name}", errors)
    seconds = value.get("terminationGracePeriodSeconds")
    if seconds is not None and seconds <= 0:
        where = f"{path}.terminationGracePeriodSeconds"
        errors.append(invalid(where, seconds, "must be greater than 0"))
    if kind == "readinessProbe":
        if seconds is not None:
            where = f"{path}.terminationGracePeriodSeconds"
            errors.append(invalid(where, seconds, "must not be set for readinessProbes"))
    elif value.get("successThreshold") != 1:
        count = value.get("successThreshold", 0)
        errors.append(invalid(f"{path}.successThreshold", count, "must be 1"))


def lifecycle(
    value: Action, path: str, grace: int | None, system: str | None, errors: list[FieldError]
) -> None:
    """`system` is spec.os.name, None where it is not given."""
    for hook in ("postStart", "preStop"):
        if value.get(hook) is not None:
            _handler(value[hook], f"{path}.{hook}", grace, _HOOK_HANDLERS, errors)
    signal = value.get("stopSignal")
    if signal is not None:
        _stop_signal(signal, f"{path}.stopSignal", system, errors)


def _stop_signal(signal: str, path: str, system: str | None, errors: list[FieldError]) -> None:
    if system is None:
        errors.append(forbidden(path, "may not be set for containers with empty `spec.os.name`"))
        return
    supported = ("SIGKILL", "SIGTERM") if system == "windows" else STOP_SIGNALS
    if signal not in supported:
        errors.append(not_supported(path, signal, supported))


def _handler(
    value: Action,
    path: str,
    grace: int | None,
    handlers: Mapping[str, Callable[[Action, str, int | None, list[FieldError]], None]],
    errors: list[FieldError],
) -> None:
    found = False
    for name, check in handlers.items():
        action = value.get(name)
        if action is None:
            continue
        if found:
            errors.append(forbidden(f"{path}.{name}", "may not specify more than 1 handler type"))
        else:
            found = True
            check(action, f"{path}.{name}", grace, errors)
    if not found:
        errors.append(required(path, "must specify a handler type"))


def _exec(action: Action, path: str, grace: int | None, errors: list[FieldError]) -> None:
    if not action.get("command"):
        errors.append(required(f"{path}.command"))


def _http_get(action: Action, path: str, grace: int | None, errors: list[FieldError]) -> None:
    if not action.get("path"):
        errors.append(required(f"{path}.path"))
    port_or_name(action.get("port"), f"{path}.port", errors)
    if action.get("scheme") not in ("HTTP", "HTTPS"):
        where = f"{path}.scheme"
        errors.append(not_supported(where, action.get("scheme") or "", ("HTTP", "HTTPS")))
    for header in action.get("httpHeaders") or ():
        name = header.get("name") or ""
        if not _HEADER.fullmatch(name):
            errors.append(invalid(f"{path}.httpHeaders", name, _HEADER_TEXT))


def _port(action: Action, path: str, grace: int | None, errors: list[FieldError]) -> None:
    port_or_name(action.get("port"), f"{path}.port", errors)


def _sleep(action: Action, path: str, grace: int | None, errors: list[FieldError]) -> None:
    seconds = action.get("seconds") or 0
    if grace is not None and not 0 <= seconds <= grace:
        text = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
        errors.append(invalid(path, seconds, text))


_PROBE_HANDLERS = {"exec": _exec, "httpGet": _http_get, "tcpSocket": _port, "grpc": _port}
_HOOK_HANDLERS = {"exec": _exec, "httpGet": _http_get, "tcpSocket": _port, "sleep": _sleep}
