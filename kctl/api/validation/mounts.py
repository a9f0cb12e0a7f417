"""Where containers mount the volumes of their pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kctl.api.fields import FieldError, forbidden, invalid, not_found, not_supported, required
from kctl.api.validation.paths import descending, no_backsteps
from kctl.api.validation.values import named

Mount = Mapping[str, Any]

_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_READ_ONLY = ("Disabled", "Enabled", "IfPossible")


def volume_mounts(
    container: Mapping[str, Any],
    volumes: Mapping[str, Mapping[str, Any]],
    path: str,
    errors: list[FieldError],
) -> None:
    """`path` is that of the list; some faults of one mount are reported there, as
    Kubernetes does."""
    devices = {each.get("name"): each.get("devicePath") for each in _devices(container)}
    points: set[str] = set()
    for at, mount in enumerate(container["volumeMounts"]):
        here = f"{path}[{at}]"
        name, point = mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            errors.append(required(f"{here}.name"))
        if name not in volumes:
            errors.append(not_found(f"{here}.name", name))
        if not point:
            errors.append(required(f"{here}.mountPath"))
        if point in points:
            errors.append(invalid(f"{here}.mountPath", point, "must be unique"))
        points.add(point)
        if devices:
            _not_a_device(name, point, devices, here, errors)
        if len(mount) > 2:
            _options(mount, container, here, path, errors)


def _devices(container: Mapping[str, Any]) -> Sequence[Mount]:
    return container.get("volumeDevices") or ()


def _not_a_device(
    name: str, point: str, devices: Mapping[Any, Any], path: str, errors: list[FieldError]
) -> None:
    if name in devices:
        errors.append(invalid(f"{path}.name", name, "must not already exist in volumeDevices"))
    if point in devices.values():
        text = "must not already exist as a path in volumeDevices"
        errors.append(invalid(f"{path}.mountPath", point, text))


def _options(
    mount: Mount,
    container: Mapping[str, Any],
    here: str,
    path: str,
    errors: list[FieldError],
) -> None:
    below, expression = mount.get("subPath"), mount.get("subPathExpr")
    if below:
        named(below, f"{path}.subPath", descending, errors)
    if expression:
        if below:
            text = "subPathExpr and subPath are mutually exclusive"
            errors.append(invalid(f"{here}.subPathExpr", expression, text))
        named(expression, f"{path}.subPathExpr", descending, errors)
    propagation = mount.get("mountPropagation")
    if propagation is not None:
        if propagation not in _PROPAGATIONS:
            where = f"{path}.mountPropagation"
            errors.append(not_supported(where, propagation, _PROPAGATIONS))
        privileged = (container.get("securityContext") or {}).get("privileged")
        if propagation == "Bidirectional" and not privileged:
            text = "Bidirectional mount propagation is available only to privileged containers"
            errors.append(forbidden(f"{path}.mountPropagation", text))
    if mount.get("recursiveReadOnly") is not None:
        _recursive(mount, f"{path}.recursiveReadOnly", errors)


def _recursive(mount: Mount, path: str, errors: list[FieldError]) -> None:
    value = mount["recursiveReadOnly"]
    if value not in _READ_ONLY:
        errors.append(not_supported(path, value, _READ_ONLY))
    elif value != "Disabled":
        if not mount.get("readOnly"):
            errors.append(forbidden(path, "may only be specified when readOnly is true"))
        if mount.get("mountPropagation") not in (None, "None"):
            text = "may only be specified when mountPropagation is None or not specified"
            errors.append(forbidden(path, text))


def volume_devices(
    container: Mapping[str, Any],
    volumes: Mapping[str, Mapping[str, Any]],
    path: str,
    errors: list[FieldError],
) -> None:
    mounted = {
        each.get("name"): each.get("mountPath") for each in container.get("volumeMounts") or ()
    }
    names: set[str] = set()
    paths: set[str] = set()
    for at, device in enumerate(_devices(container)):
        here = f"{path}[{at}]"
        name, where = device.get("name") or "", device.get("devicePath") or ""
        if not name:
            errors.append(required(f"{here}.name"))
        if name in names:
            errors.append(invalid(f"{here}.name", name, "must be unique"))
        volume = volumes.get(name)
        if volume is None:
            errors.append(not_found(f"{here}.name", name))
        elif "persistentVolumeClaim" not in volume and "ephemeral" not in volume:
            text = (
                "can only use volume source type of PersistentVolumeClaim or Ephemeral "
                "for block mode"
            )
            errors.append(invalid(f"{here}.name", name, text))
        _device_path(where, here, paths, errors)
        if name in mounted:
            text = "must not already exist in volumeMounts"
            errors.append(invalid(f"{here}.name", name, text))
        if where in mounted.values():
            text = "must not already exist as a path in volumeMounts"
            errors.append(invalid(f"{here}.devicePath", where, text))
        names.add(name)


def _device_path(where: str, path: str, paths: set[str], errors: list[FieldError]) -> None:
    if not where:
        errors.append(required(f"{path}.devicePath"))
    if where in paths:
        errors.append(invalid(f"{path}.devicePath", where, "must be unique"))
    if no_backsteps(where):
        text = "can not contain backsteps ('..')"
        errors.append(invalid(f"{path}.devicePath", where, text))
    else:
        paths.add(where)
