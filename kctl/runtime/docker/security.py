"""securityContext of a container and its pod as the engine's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]


class NotAllowed(Exception):
    """The container must not run as its image wants to; the text is the kubelet's."""


def effective(pod: Object, container: Object) -> dict[str, Any]:
    """The pod's context with the container's own fields over it."""
    of_pod = pod["spec"].get("securityContext") or {}
    shared = ("runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile", "appArmorProfile")
    context = {key: of_pod[key] for key in shared if of_pod.get(key) is not None}
    own = container.get("securityContext") or {}
    return context | {key: value for key, value in own.items() if value is not None}


def host_config(pod: Object, container: Object) -> dict[str, Any]:
    """HostConfig's part."""
    context = effective(pod, container)
    of_pod = pod["spec"].get("securityContext") or {}
    capabilities = context.get("capabilities") or {}
    config: dict[str, Any] = {}
    if context.get("privileged"):
        config["Privileged"] = True
    if capabilities.get("add"):
        config["CapAdd"] = list(capabilities["add"])
    if capabilities.get("drop"):
        config["CapDrop"] = list(capabilities["drop"])
    if context.get("readOnlyRootFilesystem"):
        config["ReadonlyRootfs"] = True
    options = security_options(context)
    if options:
        config["SecurityOpt"] = options
    groups = [str(each) for each in of_pod.get("supplementalGroups") or []]
    if of_pod.get("fsGroup") is not None:
        groups.append(str(of_pod["fsGroup"]))
    if groups:
        config["GroupAdd"] = groups
    if context.get("procMount") == "Unmasked":
        config |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return config


def security_options(context: Object) -> list[str]:
    """Docker's --security-opt values."""
    options = []
    if context.get("allowPrivilegeEscalation") is False:
        options.append("no-new-privileges")
    if (context.get("seccompProfile") or {}).get("type") == "Unconfined":
        options.append("seccomp=unconfined")
    apparmor = context.get("appArmorProfile") or {}
    if apparmor.get("type") == "Unconfined":
        options.append("apparmor=unconfined")
    if apparmor.get("type") == "Localhost":
        options.append(f"apparmor={apparmor.get('localhostProfile', '')}")
    selinux = context.get("seLinuxOptions") or {}
    options += [f"label={key}:{selinux[key]}" for key in sorted(selinux)]
    return options


def user(pod: Object, container: Object, image_user: str) -> str:
    """The engine's "user:group", "" for the image's own.

    `image_user` is the image's USER; only asked for where `needs_image_user` says so."""
    context = effective(pod, container)
    uid, gid = context.get("runAsUser"), context.get("runAsGroup")
    if uid is None and gid is None:
        return ""
    name = str(uid) if uid is not None else (image_user.partition(":")[0] or "0")
    return name if gid is None else f"{name}:{gid}"


def needs_image_user(pod: Object, container: Object) -> bool:
    """Whether the image's USER decides anything."""
    context = effective(pod, container)
    unset = context.get("runAsUser") is None
    return unset and (bool(context.get("runAsNonRoot")) or context.get("runAsGroup") is not None)


def verify(pod: Object, container: Object, image_user: str) -> None:
    """Refuse root where runAsNonRoot asks for it; raises `NotAllowed`."""
    context = effective(pod, container)
    if not context.get("runAsNonRoot"):
        return
    meta = pod["metadata"]
    where = f'(pod: "{meta["name"]}_{meta["namespace"]}({meta["uid"]})", container: {{}})'
    where = where.format(container["name"])
    uid = context.get("runAsUser")
    if uid == 0:
        raise NotAllowed(f"container's runAsUser breaks non-root policy {where}")
    if uid is not None:
        return
    name = image_user.partition(":")[0]
    if name in ("", "0", "root"):
        raise NotAllowed(f"container has runAsNonRoot and image will run as root {where}")
    if not name.isdigit():
        raise NotAllowed(
            f"container has runAsNonRoot and image has non-numeric user ({name}), "
            f"cannot verify user is non-root {where}"
        )


def unsupported(context: Object) -> list[str]:
    """Fields that cannot be honoured."""
    lines = []
    if (context.get("seccompProfile") or {}).get("type") == "Localhost":
        lines.append("securityContext.seccompProfile.localhostProfile")
    if context.get("windowsOptions"):
        lines.append("securityContext.windowsOptions")
    return lines
