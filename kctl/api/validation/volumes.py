"""Volumes of pods: one source each, and what each source must say.

Sources that kctl's runtime knows are checked fully; of the others only that there is
one (an admission step warns that they cannot be mounted).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kctl.api import names, quantity
from kctl.api.fields import FieldError, duplicate, forbidden, invalid, not_supported, required
from kctl.api.validation.env import VOLUME_FIELDS, field_ref, resource_ref
from kctl.api.validation.paths import descending, no_backsteps, not_reserved
from kctl.api.validation.values import named, one_of

Source = Mapping[str, Any]

_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
_MANY = "may not specify more than 1 volume type"
_HOST_PATHS = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)

_ORDER = (
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
)
"""The order in which sources are looked at: the first counts, the others are refused."""

_SHOWN = {"downwardAPI": "downwarAPI", "cephfs": "cephFS"}
"""Fields that Kubernetes spells its own way in that refusal."""


def volumes(listed: Sequence[Source], path: str, errors: list[FieldError]) -> dict[str, Source]:
    """The volumes without a fault, by name; what mounts refer to."""
    found: dict[str, Source] = {}
    for at, volume in enumerate(listed):
        here, name = f"{path}[{at}]", volume.get("name") or ""
        faults: list[FieldError] = []
        _source(volume, here, faults)
        if not name:
            faults.append(required(f"{here}.name"))
        else:
            named(name, f"{here}.name", names.dns_label, faults)
        if name in found:
            faults.append(duplicate(f"{here}.name", name))
        if faults:
            errors += faults
        else:
            found[name] = volume
    return found


def _source(volume: Source, path: str, errors: list[FieldError]) -> None:
    sources = [name for name in volume if name != "name" and volume[name] is not None]
    if not sources:
        errors.append(required(path, "must specify a volume type"))
        return
    if len(sources) > 1:
        sources.sort(key=_ORDER.index)
    check = _CHECKS.get(sources[0])
    if check:
        check(volume[sources[0]], f"{path}.{sources[0]}", errors)
    for name in sources[1:]:
        errors.append(forbidden(f"{path}.{_SHOWN.get(name, name)}", _MANY))


def _empty_dir(source: Source, path: str, errors: list[FieldError]) -> None:
    limit = source.get("sizeLimit")
    if limit is not None and quantity.parse(str(limit)) < 0:
        text = "SizeLimit field must be a valid resource quantity"
        errors.append(forbidden(f"{path}.sizeLimit", text))


def _host_path(source: Source, path: str, errors: list[FieldError]) -> None:
    if not source.get("path"):
        errors.append(required(f"{path}.path"))
        return
    named(source["path"], f"{path}.path", no_backsteps, errors)
    kind = source.get("type")
    if kind is not None and kind not in _HOST_PATHS:
        errors.append(not_supported(f"{path}.type", kind, _HOST_PATHS))


def _keyed(name_field: str) -> Callable[[Source, str, list[FieldError]], None]:
    """A volume of a secret ("secretName") or a config map ("name")."""

    def check(source: Source, path: str, errors: list[FieldError]) -> None:
        if not source.get(name_field):
            errors.append(required(f"{path}.{name_field}"))
        _mode(source.get("defaultMode"), f"{path}.defaultMode", errors)
        for at, item in enumerate(source.get("items") or ()):
            _key_to_path(item, f"{path}.items[{at}]", errors)

    return check


def _key_to_path(item: Source, path: str, errors: list[FieldError]) -> None:
    for name in ("key", "path"):
        if not item.get(name):
            errors.append(required(f"{path}.{name}"))
    named(item.get("path") or "", f"{path}.path", not_reserved, errors)
    _mode(item.get("mode"), f"{path}.mode", errors)


def _mode(mode: int | None, path: str, errors: list[FieldError]) -> None:
    if mode is not None and not 0 <= mode <= 0o777:
        errors.append(invalid(path, mode, _MODE))


def _downward(source: Source, path: str, errors: list[FieldError]) -> None:
    _mode(source.get("defaultMode"), f"{path}.defaultMode", errors)
    for item in source.get("items") or ():
        _downward_file(item, path, errors)


def _downward_file(item: Source, path: str, errors: list[FieldError]) -> None:
    if not item.get("path"):
        errors.append(required(f"{path}.path"))
    named(item.get("path") or "", f"{path}.path", not_reserved, errors)
    resource = item.get("resourceFieldRef")
    if item.get("fieldRef") is not None:
        field_ref(item["fieldRef"], f"{path}.fieldRef", errors, VOLUME_FIELDS)
        if resource is not None:
            text = "fieldRef and resourceFieldRef can not be specified simultaneously"
            errors.append(invalid(path, "resource", text))
    elif resource is not None:
        resource_ref(resource, f"{path}.resourceFieldRef", errors, in_volume=True)
    else:
        errors.append(required(path, "one of fieldRef and resourceFieldRef is required"))
    _mode(item.get("mode"), f"{path}.mode", errors)


def _projected(source: Source, path: str, errors: list[FieldError]) -> None:
    _mode(source.get("defaultMode"), f"{path}.defaultMode", errors)
    taken: set[str] = set()
    for at, each in enumerate(source.get("sources") or ()):
        here = f"{path}.sources[{at}]"
        for name in ("secret", "configMap"):
            if each.get(name) is not None:
                _projected_keys(each[name], f"{here}.{name}", path, taken, errors)
        if each.get("downwardAPI") is not None:
            for item in each["downwardAPI"].get("items") or ():
                _downward_file(item, f"{here}.downwardAPI", errors)
                _once(item.get("path"), item.get("path"), path, taken, errors)
        if each.get("serviceAccountToken") is not None:
            token = each["serviceAccountToken"]
            _token(token, f"{here}.serviceAccountToken", path, errors)
        if len(each) > 1:
            errors.append(forbidden(here, f"{_MANY} per source"))


def _projected_keys(
    source: Source, path: str, volume: str, taken: set[str], errors: list[FieldError]
) -> None:
    if not source.get("name"):
        errors.append(required(f"{path}.name"))
    for at, item in enumerate(source.get("items") or ()):
        _key_to_path(item, f"{path}.items[{at}]", errors)
        _once(item.get("path"), source.get("name"), volume, taken, errors)


def _once(
    wanted: str | None, shown: str | None, path: str, taken: set[str], errors: list[FieldError]
) -> None:
    if wanted and wanted in taken:
        errors.append(invalid(path, shown or "", "conflicting duplicate paths"))
    elif wanted:
        taken.add(wanted)


def _token(token: Source, path: str, volume: str, errors: list[FieldError]) -> None:
    seconds = token.get("expirationSeconds", 3600)
    where = f"{path}.expirationSeconds"
    if seconds < 600:
        text = "may not specify a duration less than 10 minutes"
        errors.append(invalid(where, seconds, text))
    if seconds > 2**32:
        text = "may not specify a duration larger than 2^32 seconds"
        errors.append(invalid(where, seconds, text))
    if not token.get("path"):
        errors.append(required(f"{volume}.path"))
    else:
        named(token["path"], f"{volume}.path", not_reserved, errors)


def _image(source: Source, path: str, errors: list[FieldError]) -> None:
    policies = ("Always", "IfNotPresent", "Never")
    one_of(source.get("pullPolicy"), f"{path}.pullPolicy", policies, errors)


def _needs(*fields: str) -> Callable[[Source, str, list[FieldError]], None]:
    """A source of which only the required fields are checked."""

    def check(source: Source, path: str, errors: list[FieldError]) -> None:
        for name in fields:
            if not source.get(name):
                errors.append(required(f"{path}.{name}"))

    return check


def _nfs(source: Source, path: str, errors: list[FieldError]) -> None:
    _needs("server", "path")(source, path, errors)
    if not (source.get("path") or "").startswith("/"):
        text = "must be an absolute path"
        errors.append(invalid(f"{path}.path", source.get("path") or "", text))


def _git_repo(source: Source, path: str, errors: list[FieldError]) -> None:
    _needs("repository")(source, path, errors)
    named(source.get("directory") or "", f"{path}.directory", descending, errors)


_CHECKS: dict[str, Callable[[Source, str, list[FieldError]], None]] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "secret": _keyed("secretName"),
    "configMap": _keyed("name"),
    "downwardAPI": _downward,
    "projected": _projected,
    "image": _image,
    "nfs": _nfs,
    "gitRepo": _git_repo,
    "persistentVolumeClaim": _needs("claimName"),
    "csi": _needs("driver"),
    "ephemeral": _needs("volumeClaimTemplate"),
    "iscsi": _needs("targetPortal", "iqn"),
    "glusterfs": _needs("endpoints", "path"),
    "awsElasticBlockStore": _needs("volumeID"),
    "rbd": _needs("monitors", "image"),
    "cinder": _needs("volumeID"),
    "cephfs": _needs("monitors"),
    "flexVolume": _needs("driver"),
    "azureFile": _needs("secretName", "shareName"),
    "azureDisk": _needs("diskName", "diskURI"),
    "vsphereVolume": _needs("volumePath"),
    "photonPersistentDisk": _needs("pdID"),
    "portworxVolume": _needs("volumeID"),
    "scaleIO": _needs("gateway", "system", "volumeName"),
    "storageos": _needs("volumeName"),
}
