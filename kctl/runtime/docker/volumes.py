"""A pod's volumes as mounts of the engine.

emptyDir, configMap, secret, downwardAPI and projected volumes are engine volumes of the
pod, removed with it; their files come through the archive API, into a container that has
all of them mounted for writing (the sandbox, or a loader that is never started), so that
the pod's own containers can have them read-only. hostPath is a bind mount.

subPath must not follow a link that a container of the pod put there (CVE-2021-25741).
From Docker 26 on the engine resolves it inside the volume; older engines bind the path
on the host, which is done only where no container can write above it; an emptyDir of
which only subPaths are mounted becomes one engine volume a subPath; anything else is
refused.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kctl.runtime.docker import labels
from kctl.runtime.docker.resources import amount, ceiling
from kctl.runtime.pod_status import containers

Object = dict[str, Any]
Files = Mapping[str, Mapping[str, tuple[bytes, int]]]

WITH_FILES = ("configMap", "secret", "downwardAPI", "projected")
ROOT = "/volumes"
"""where the container that receives files has the volumes"""
_PROPAGATION = {"HostToContainer": "rslave", "Bidirectional": "rshared"}
_CREATING = ("", "DirectoryOrCreate", "FileOrCreate")
SUBPATH_VERSION = (1, 45)


class VolumeProblem(Exception):
    """A volume cannot be mounted; the text is for an event FailedMount."""


@dataclass(frozen=True, slots=True)
class HostPathCheck:
    """What must be at a container's path once it is created (HostPathType)."""

    volume: str
    source: str
    target: str
    type: str


@dataclass
class Mounts:
    """The mounts of one container."""

    binds: list[str] = field(default_factory=list)
    mounts: list[Object] = field(default_factory=list)
    checks: list[HostPathCheck] = field(default_factory=list)


def _volumes(pod: Mapping[str, Any]) -> dict[str, Object]:
    return {each["name"]: each for each in pod["spec"].get("volumes") or []}


def _kind(volume: Mapping[str, Any]) -> str:
    return next((key for key in volume if key != "name"), "emptyDir")


def on_engine(pod: Mapping[str, Any]) -> list[str]:
    """Names of the pod's volumes that are volumes of the engine."""
    return [
        name
        for name, volume in _volumes(pod).items()
        if _kind(volume) == "emptyDir" or _kind(volume) in WITH_FILES
    ]


def empty_dirs(pod: Mapping[str, Any]) -> set[str]:
    """Names of the pod's emptyDir volumes."""
    return {name for name, volume in _volumes(pod).items() if _kind(volume) == "emptyDir"}


def engine_mounts(pod: Mapping[str, Any], cluster: str) -> list[Object]:
    """Mounts of all engine volumes of a pod under ROOT, for the container that holds them."""
    mounts = []
    for name in on_engine(pod):
        volume = _volumes(pod)[name]
        for sub in separate_subpaths(pod, name) or [""]:
            source = _source(pod, name, sub)
            mounts.append(
                _engine_mount(pod, cluster, volume, source, f"{ROOT}/{_folder(name, sub)}")
            )
    return mounts


def _folder(name: str, sub: str) -> str:
    return f"{name}+{sub.replace('/', '+')}" if sub else name


def _source(pod: Mapping[str, Any], name: str, sub: str = "") -> str:
    base = labels.volume_name(str(pod["metadata"]["uid"]), name)
    return f"{base}+{sub}".replace("/", "_").replace("+", ".") if sub else base


def _engine_mount(
    pod: Mapping[str, Any], cluster: str, volume: Object, source: str, target: str
) -> Object:
    options: Object = {"NoCopy": True, "Labels": labels.pod_labels(cluster, pod["metadata"])}
    empty = volume.get("emptyDir") or {}
    if empty.get("medium") == "Memory":
        flags = ["mode=1777"]
        if empty.get("sizeLimit"):
            flags.append(f"size={ceiling(amount(empty['sizeLimit']))}")
        options["DriverConfig"] = {
            "Name": "local",
            "Options": {"type": "tmpfs", "device": "tmpfs", "o": ",".join(flags)},
        }
    return {"Type": "volume", "Source": source, "Target": target, "VolumeOptions": options}


def separate_subpaths(pod: Mapping[str, Any], name: str) -> list[str]:
    """The subPaths of an emptyDir that is mounted by subPaths alone, none inside another;
    [] where that is not so."""
    volume = _volumes(pod)[name]
    if _kind(volume) != "emptyDir":
        return []
    found = {each.get("subPath", "").strip("/") for each in all_mounts(pod, name)}
    nested = any(a != b and f"{a}/".startswith(f"{b}/") for a in found for b in found)
    return [] if not found or "" in found or nested else sorted(found)


def all_mounts(pod: Mapping[str, Any], name: str) -> list[Object]:
    """Every container's mounts of one volume."""
    return [
        mount
        for each in containers(pod)
        for mount in each.get("volumeMounts") or []
        if mount["name"] == name
    ]


def plan(
    pod: Mapping[str, Any],
    container: Mapping[str, Any],
    cluster: str,
    environment: Mapping[str, str],
    api_version: tuple[int, int],
    mountpoint: Callable[[str], str],
) -> Mounts:
    """The mounts of one container. `mountpoint` tells where an engine volume lies on the
    host; it is asked only for subPaths on engines before Docker 26.

    Raises `VolumeProblem`."""
    result = Mounts()
    for mount in container.get("volumeMounts") or []:
        volume = _volumes(pod).get(mount["name"])
        if volume is None:
            raise VolumeProblem(f'volume "{mount["name"]}" is not in the pod')
        kind, sub = _kind(volume), subpath(mount, environment)
        if kind == "hostPath":
            _host_path(result, volume, mount, sub)
        elif kind == "emptyDir" or kind in WITH_FILES:
            read_only = bool(mount.get("readOnly")) or kind in WITH_FILES
            result.mounts.append(
                _of_engine(pod, cluster, volume, mount, sub, api_version, mountpoint)
                | {"ReadOnly": read_only}
            )
        else:
            raise VolumeProblem(
                f'volume "{volume["name"]}" is of type {kind}, which a Docker host cannot mount'
            )
    return result


def subpath(mount: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The subPath of a mount, $(VAR) of subPathExpr replaced; raises `VolumeProblem`."""
    expression = mount.get("subPathExpr")
    sub = mount.get("subPath") or ""
    if expression:
        sub = re.sub(
            r"\$\(([^)]+)\)", lambda match: environment.get(match[1], match[0]), expression
        )
    if sub.startswith("/") or ".." in sub.split("/"):
        raise VolumeProblem(f'subPath "{sub}" of volume "{mount["name"]}" leaves the volume')
    return sub.strip("/")


def _of_engine(
    pod: Mapping[str, Any],
    cluster: str,
    volume: Object,
    mount: Object,
    sub: str,
    api_version: tuple[int, int],
    mountpoint: Callable[[str], str],
) -> Object:
    name, target = volume["name"], mount["mountPath"]
    separate = separate_subpaths(pod, name)
    if sub and sub in separate and not mount.get("subPathExpr"):
        return _engine_mount(pod, cluster, volume, _source(pod, name, sub), target)
    whole = _engine_mount(pod, cluster, volume, _source(pod, name), target)
    if not sub:
        return whole
    if api_version >= SUBPATH_VERSION:
        whole["VolumeOptions"]["Subpath"] = sub
        return whole
    writable = _kind(volume) == "emptyDir" and any(
        not each.get("readOnly") for each in all_mounts(pod, name)
    )
    if writable:
        raise VolumeProblem(
            f'subPath "{sub}" of volume "{name}" needs Docker 26 or newer on this node: a '
            "container of this pod can write to the volume as a whole, and an older engine "
            "would follow a link that it puts there"
        )
    return {"Type": "bind", "Source": f"{mountpoint(_source(pod, name))}/{sub}", "Target": target}


def _host_path(result: Mounts, volume: Object, mount: Object, sub: str) -> None:
    host, target = volume["hostPath"], mount["mountPath"]
    kind = host.get("type") or ""
    source = f"{host['path'].rstrip('/')}/{sub}" if sub else host["path"]
    # without a word the engine shares nothing, unless its own folder lies within the source
    propagation = _PROPAGATION.get(mount.get("mountPropagation", ""))
    if kind in ("", "DirectoryOrCreate") and ":" not in source + target:
        options = ["ro"] if mount.get("readOnly") else ["rw"]
        options += [propagation] if propagation else []
        result.binds.append(f"{source}:{target}:{','.join(options)}")
    else:
        result.mounts.append(
            {
                "Type": "bind",
                "Source": source,
                "Target": target,
                "ReadOnly": bool(mount.get("readOnly")),
                "BindOptions": {"Propagation": propagation} if propagation else {},
            }
        )
    if kind and not sub:
        result.checks.append(HostPathCheck(volume["name"], source, target, kind))


def missing_files(pod: Mapping[str, Any], container: Mapping[str, Any]) -> list[str]:
    """Host paths that FileOrCreate may have to make for a container."""
    used = {each["name"] for each in container.get("volumeMounts") or []}
    return [
        volume["hostPath"]["path"]
        for name, volume in _volumes(pod).items()
        if name in used and (volume.get("hostPath") or {}).get("type") == "FileOrCreate"
    ]


def upload(pod: Mapping[str, Any], files: Files, subpaths: Sequence[tuple[str, str]] = ()) -> bytes:
    """A tar for ROOT: the folder of every engine volume with its mode, and the files."""
    fs_group = (pod["spec"].get("securityContext") or {}).get("fsGroup")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:

        def add(path: str, mode: int, contents: bytes | None = None) -> None:
            entry = tarfile.TarInfo(path)
            entry.mode, entry.gid = mode, int(fs_group or 0)
            if contents is None:
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = len(contents)
                tar.addfile(entry, io.BytesIO(contents))

        for name in on_engine(pod):
            empty = _kind(_volumes(pod)[name]) == "emptyDir"
            mode = (0o777 if empty else 0o755) | (0o2000 if fs_group is not None else 0)
            for sub in separate_subpaths(pod, name) or [""]:
                add(_folder(name, sub), mode)
            wanted = [sub for volume, sub in subpaths if volume == name]
            if not separate_subpaths(pod, name):
                for sub in wanted:
                    _add_parents(add, name, f"{sub}/.", mode, set())
            contents = files.get(name, {})
            made: set[str] = set()
            for path in sorted(contents):
                _add_parents(add, name, path, mode, made)
                data, file_mode = contents[path]
                group_bits = 0o440 if fs_group is not None else 0
                add(f"{name}/{path}", file_mode | group_bits, data)
    return out.getvalue()


def _add_parents(
    add: Callable[[str, int], None], name: str, path: str, mode: int, made: set[str]
) -> None:
    steps = path.split("/")[:-1]
    for depth in range(1, len(steps) + 1):
        folder = "/".join([name, *steps[:depth]])
        if folder not in made:
            made.add(folder)
            add(folder, mode)
