"""Security contexts of pods and containers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kctl.api.fields import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
)
from kctl.api.validation.paths import descending
from kctl.api.validation.values import MAX_INT32, named

Context = Mapping[str, Any]

_ID_RANGE = f"must be between 0 and {MAX_INT32}, inclusive"
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL_TEXT = rf"^({_SYSCTL_SEGMENT}[\./])*{_SYSCTL_SEGMENT}$"
_SYSCTL = re.compile(_SYSCTL_TEXT)
_SYSCTL_LENGTH = 253
_IPC_SYSCTLS = ("kernel.shm", "kernel.msg", "fs.mqueue.")
_PATH_MAX = 4095


def pod_context(context: Context, spec: Context, path: str, errors: list[FieldError]) -> None:
    """spec.securityContext; `spec` tells which namespaces of the host the pod shares."""
    for name in ("fsGroup", "runAsUser", "runAsGroup"):
        _identifier(context.get(name), f"{path}.{name}", errors)
    for at, group in enumerate(context.get("supplementalGroups") or ()):
        _identifier(group, f"{path}.supplementalGroups[{at}]", errors)
    if context.get("sysctls"):
        _sysctls(context, spec, f"{path}.sysctls", errors)
    _word(context, "fsGroupChangePolicy", ("Always", "OnRootMismatch"), path, errors)
    profiles(context, path, errors)
    _word(context, "supplementalGroupsPolicy", ("Merge", "Strict"), path, errors)
    _word(context, "seLinuxChangePolicy", ("MountOption", "Recursive"), path, errors)


def shared_processes(spec: Context, path: str, errors: list[FieldError]) -> None:
    """A pod has its own process namespace or the host's, not both."""
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        text = "ShareProcessNamespace and HostPID cannot both be enabled"
        errors.append(invalid(f"{path}.shareProcessNamespace", True, text))


def container_context(
    context: Context, path: str, host_users: bool, errors: list[FieldError]
) -> None:
    _identifier(context.get("runAsUser"), f"{path}.runAsUser", errors)
    _identifier(context.get("runAsGroup"), f"{path}.runAsGroup", errors)
    mount = context.get("procMount")
    if mount is not None:
        _word(context, "procMount", ("Default", "Unmasked"), path, errors)
        if host_users and mount == "Unmasked":
            text = "`hostUsers` must be false to use `Unmasked`"
            errors.append(invalid(f"{path}.procMount", mount, text))
    profiles(context, path, errors)
    if context.get("allowPrivilegeEscalation") is False:
        _escalation(context, path, errors)


def _escalation(context: Context, path: str, errors: list[FieldError]) -> None:
    if context.get("privileged"):
        text = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        errors.append(invalid(path, dict(context), text))
    added = (context.get("capabilities") or {}).get("add") or ()
    if "CAP_SYS_ADMIN" in added:
        text = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
        errors.append(invalid(path, dict(context), text))


def profiles(context: Context, path: str, errors: list[FieldError]) -> None:
    """The seccomp and the AppArmor profile."""
    seccomp, apparmor = context.get("seccompProfile"), context.get("appArmorProfile")
    if seccomp is not None:
        _seccomp(seccomp, f"{path}.seccompProfile", errors)
    if apparmor is not None:
        _apparmor(apparmor, f"{path}.appArmorProfile", errors)


def _seccomp(profile: Context, path: str, errors: list[FieldError]) -> None:
    kind, local = profile.get("type") or "", profile.get("localhostProfile")
    if not kind:
        errors.append(required(f"{path}.type", "type is required when seccompProfile is set"))
    elif kind not in _PROFILES:
        errors.append(not_supported(f"{path}.type", kind, _PROFILES))
    where = f"{path}.localhostProfile"
    if kind == "Localhost":
        if local is None:
            errors.append(required(where, "must be set when seccomp type is Localhost"))
        else:
            named(local, where, descending, errors)
    elif local is not None:
        text = "can only be set when seccomp type is Localhost"
        errors.append(invalid(where, dict(profile), text))


def _apparmor(profile: Context, path: str, errors: list[FieldError]) -> None:
    kind, local = profile.get("type") or "", profile.get("localhostProfile")
    where = f"{path}.localhostProfile"
    if not kind:
        errors.append(required(f"{path}.type", "type is required when appArmorProfile is set"))
    elif kind not in _PROFILES:
        errors.append(not_supported(f"{path}.type", kind, _PROFILES))
    elif kind != "Localhost":
        if local is not None:
            text = "can only be set when AppArmor type is Localhost"
            errors.append(invalid(where, local, text))
    elif not local:
        errors.append(required(where, "must be set when AppArmor type is Localhost"))
    else:
        if local != local.strip():
            errors.append(invalid(where, local, "must not be padded with whitespace"))
        if len(local.encode()) > _PATH_MAX:
            errors.append(too_long(where, _PATH_MAX))


def _identifier(value: int | None, path: str, errors: list[FieldError]) -> None:
    if value is not None and not 0 <= value <= MAX_INT32:
        errors.append(invalid(path, value, _ID_RANGE))


def _word(
    context: Context, name: str, supported: tuple[str, ...], path: str, errors: list[FieldError]
) -> None:
    value = context.get(name)
    if value is not None and value not in supported:
        errors.append(not_supported(f"{path}.{name}", value, supported))


def _sysctls(context: Context, spec: Context, path: str, errors: list[FieldError]) -> None:
    seen: set[str] = set()
    for at, sysctl in enumerate(context["sysctls"]):
        name, where = sysctl.get("name") or "", f"{path}[{at}].name"
        if not name:
            errors.append(required(where))
        elif len(name) > _SYSCTL_LENGTH or not _SYSCTL.match(name):
            text = f"must have at most {_SYSCTL_LENGTH} characters and match regex {_SYSCTL_TEXT}"
            errors.append(invalid(where, name, text))
        elif name in seen:
            errors.append(duplicate(where, name))
        seen.add(name)
        dotted = name.replace("/", ".")
        if spec.get("hostNetwork") and dotted.startswith("net."):
            text = "may not be specified when 'hostNetwork' is true"
            errors.append(invalid(where, name, text))
        elif spec.get("hostIPC") and (dotted.startswith(_IPC_SYSCTLS) or dotted == "kernel.sem"):
            errors.append(invalid(where, name, "may not be specified when 'hostIPC' is true"))


_NO_HOST_USERS = "when `hostUsers` is false"


def host_users(spec: Context, path: str, errors: list[FieldError]) -> None:
    """A pod with users of its own cannot share the host's processes or IPC."""
    if spec.get("hostUsers") is not False:
        return
    for name, shown in (("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
        if spec.get(name):
            errors.append(forbidden(f"{path}.{shown}", _NO_HOST_USERS))
