"""What a host says of itself: the engine's /info and /version, and for the engine of this
machine what the machine's own files add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import local
from kctl.runtime.types import NodeFacts

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

KUBERNETES_VERSION = "v1.37.1"
"""Whose API and habits kctl follows: what a node says as its kubelet's version."""
_MOST_IMAGES = 50
"""nodeStatusMaxImages"""


def gather(engine: Engine, settings: Mapping[str, str]) -> NodeFacts:
    """Facts about the engine's host."""
    with engine.quick() as api:
        info, images = api.info(), api.images()
        version = engine.version
    process = local.engine_process(engine.url)
    is_local = local.is_local(process, info)
    storage, disk_pressure = local.storage(info["DockerRootDir"]) if is_local else (0, False)
    return NodeFacts(
        hostname=info["Name"],
        addresses=_addresses(info, settings, process if is_local else None),
        cpus=float(info["NCPU"]),
        memory=int(info["MemTotal"]),
        storage=storage,
        info=node_info(info, version, local.identity() if is_local else {}),
        images=_images(images),
        memory_pressure=is_local and local.memory_pressure(),
        disk_pressure=disk_pressure,
        engine_id=info.get("ID", ""),
    )


def node_info(
    info: Mapping[str, Any], version: Mapping[str, Any], identity: Mapping[str, str]
) -> dict[str, str]:
    """status.nodeInfo."""
    return {
        "machineID": identity.get("machineID") or info.get("ID", ""),
        "systemUUID": identity.get("systemUUID") or info.get("ID", ""),
        "bootID": identity.get("bootID", ""),
        "kernelVersion": info["KernelVersion"],
        "osImage": (identity and local.os_image()) or info["OperatingSystem"],
        "containerRuntimeVersion": f"docker://{version['Version'].partition('+')[0]}",
        "operatingSystem": info.get("OSType", "linux"),
        "architecture": version.get("Arch", ""),
        "kubeletVersion": KUBERNETES_VERSION,
        "kubeProxyVersion": KUBERNETES_VERSION,
    }


def host_addresses(engine: Engine, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Where host ports of the engine's pods are published: loopback and the host's own."""
    with engine.quick() as api:
        info = api.info()
    process = local.engine_process(engine.url)
    found = _addresses(info, settings, process if local.is_local(process, info) else None)
    own = [address for kind, address in found if kind == "InternalIP"]
    return tuple(dict.fromkeys(["127.0.0.1", *own]))


def _addresses(
    info: Mapping[str, Any], settings: Mapping[str, str], process: int | None
) -> tuple[tuple[str, str], ...]:
    """The setting "node-address" wins; then what this machine knows; a remote engine says
    itself only what a swarm knows of it."""
    given = settings.get("node-address", "")
    swarm = (info.get("Swarm") or {}).get("NodeAddr", "")
    found = [given] if given else (local.addresses(process)[:1] if process is not None else [])
    address = next(iter(found), "") or swarm or ("127.0.0.1" if process is not None else "")
    internal = (("InternalIP", address),) if address else ()
    return (*internal, ("Hostname", info["Name"]))


def _images(found: list[dict[str, Any]]) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Names and sizes, the largest first, as many as a kubelet reports."""
    named = []
    for image in found:
        names = [*(image.get("RepoDigests") or []), *(image.get("RepoTags") or [])]
        known = tuple(each for each in names if not each.startswith("<none>"))
        if known:
            named.append((known, int(image.get("Size", 0))))
    named.sort(key=lambda each: -each[1])
    return tuple(named[:_MOST_IMAGES])
