"""Putting contents into a pod's volumes, before a container that mounts them starts."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import calls, labels, sandbox, volumes
from kctl.runtime.docker.context import Context
from kctl.runtime.docker.imagetar import archive
from kctl.runtime.docker.volumes import HostPathCheck, VolumeProblem

if TYPE_CHECKING:
    from docker import APIClient

    from kctl.runtime.operations import StartContainer

Object = dict[str, Any]

# Go's os.FileMode bits in X-Docker-Container-Path-Stat
_DIRECTORY, _DEVICE, _SOCKET, _CHARACTER = 1 << 31, 1 << 26, 1 << 24, 1 << 21
_PIPE, _LINK, _IRREGULAR = 1 << 25, 1 << 27, 1 << 19
_NOT_A_FILE = _DIRECTORY | _DEVICE | _SOCKET | _CHARACTER | _PIPE | _LINK | _IRREGULAR
_KINDS = {
    "Directory": "directory",
    "DirectoryOrCreate": "directory",
    "File": "file",
    "FileOrCreate": "file",
    "Socket": "socket file",
    "CharDevice": "character device",
    "BlockDevice": "block device",
}


def fill(context: Context, operation: StartContainer, container: Object, sandbox_id: str) -> None:
    """Bring the pod's engine volumes to the contents that the operation carries.

    Skipped where this process put the same contents there before."""
    if not volumes.on_engine(operation.pod):
        return
    data = volumes.upload(operation.pod, operation.files, _subpaths(operation, container))
    digest = hashlib.sha256(data).hexdigest()
    if context.uploaded.get(operation.uid) == digest:
        return
    if sandbox_id:
        with context.engine.patient() as api:
            api.put_archive(sandbox_id, volumes.ROOT, data)
    else:
        mounts = volumes.engine_mounts(operation.pod, context.cluster)
        with _loader(context, operation, mounts) as (api, loader):
            api.put_archive(loader, volumes.ROOT, data)
    context.uploaded[operation.uid] = digest


def _subpaths(operation: StartContainer, container: Object) -> list[tuple[str, str]]:
    environment = dict(operation.environment)
    pairs = [
        (each["name"], volumes.subpath(each, environment))
        for each in container.get("volumeMounts") or []
    ]
    empty = volumes.empty_dirs(operation.pod)
    return [(name, sub) for name, sub in pairs if sub and name in empty]


@contextmanager
def _loader(
    context: Context, operation: StartContainer, mounts: list[Object]
) -> Iterator[tuple[APIClient, str]]:
    """A container that is never started and only lends its mounts to the archive API."""
    marks = labels.pod_labels(context.cluster, operation.pod["metadata"])
    body = {
        "Image": sandbox.ensure_image(context.engine, context.own_images),
        "Labels": marks | {labels.ROLE: labels.LOADER},
        "HostConfig": {"NetworkMode": "none", "Mounts": mounts},
    }
    name = f"kctl_loader_{operation.uid}"
    try:
        loader = calls.create(context, name, body)
    except calls.NoImage:  # somebody removed it since
        context.own_images.forget()
        sandbox.ensure_image(context.engine, context.own_images)
        loader = calls.create(context, name, body)
    with context.engine.patient() as api:
        try:
            yield api, loader
        finally:
            calls.remove(api, loader)


def mountpoint(context: Context, name: str) -> str:
    """Where an engine volume of the pod lies on the host."""
    with context.engine.quick() as api:
        return str(api.inspect_volume(name)["Mountpoint"])


def host_files(context: Context, operation: StartContainer, container: Object) -> None:
    """Make the empty files that hostPath volumes of type FileOrCreate want."""
    for path in volumes.missing_files(operation.pod, container):
        folder, _, file = path.rpartition("/")
        mount = {"Type": "bind", "Source": folder or "/", "Target": "/host"}
        with _loader(context, operation, [mount]) as (api, loader):
            if stat(api, loader, f"/host/{file}") is None:
                api.put_archive(loader, "/host", archive([(file, b"", 0o644)]))


def check_host_paths(context: Context, container_id: str, checks: list[HostPathCheck]) -> None:
    """Hold what is mounted against the HostPathType; raises `VolumeProblem`."""
    for check in checks:
        with context.engine.quick() as api:
            found = stat(api, container_id, check.target)
        if found is None or not is_of_type(int(found["mode"]), check.type):
            raise VolumeProblem(wrong_type(check.volume, check.source, check.type))


def wrong_type(volume: str, path: str, kind: str) -> str:
    """The kubelet's text."""
    return (
        f'MountVolume.SetUp failed for volume "{volume}" : hostPath type check failed: '
        f"{path} is not a {_KINDS[kind]}"
    )


def is_of_type(mode: int, kind: str) -> bool:
    """Whether a Go file mode is of a HostPathType."""
    match kind:
        case "Directory" | "DirectoryOrCreate":
            return bool(mode & _DIRECTORY)
        case "File" | "FileOrCreate":
            return not mode & _NOT_A_FILE
        case "Socket":
            return bool(mode & _SOCKET)
        case "CharDevice":
            return bool(mode & _CHARACTER)
        case "BlockDevice":
            return bool(mode & _DEVICE) and not mode & _CHARACTER
    return False


def stat(api: APIClient, container_id: str, path: str) -> Mapping[str, Any] | None:
    """The engine's view of a path in a container; None when nothing is there."""
    answer = api.head(
        f"{api.base_url}/v{api.api_version}/containers/{container_id}/archive",
        params={"path": path},
        timeout=api.timeout,
    )
    header = answer.headers.get("X-Docker-Container-Path-Stat")
    if answer.status_code == 404 or header is None:
        return None
    found: Mapping[str, Any] = json.loads(base64.b64decode(header))
    return found


def bind_failure(words: str, container: Object, pod: Mapping[str, Any]) -> str:
    """The kubelet's text where the engine refused to create a container because a host
    path of some type is not there; "" for other refusals."""
    if "bind source path does not exist" not in words:
        return ""
    used = {each["name"] for each in container.get("volumeMounts") or []}
    for volume in pod["spec"].get("volumes") or []:
        host = volume.get("hostPath") or {}
        if volume["name"] in used and host.get("type") and host["path"] in words:
            return wrong_type(volume["name"], host["path"], host["type"])
    return ""
