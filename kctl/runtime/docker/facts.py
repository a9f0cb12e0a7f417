"""What a host says of itself: the engine's /info and /version, and what the host's own files
add, where they can be read."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import local
from kctl.runtime.docker.machine import NOTHING, Machine
from kctl.runtime.observations import NodeFacts
from kctl.runtime.types import HostUnreachable

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

KUBERNETES_VERSION = "v1.37.1"
"""Whose API and habits kctl follows: what a node says as its kubelet's version."""
_MOST_IMAGES = 50
"""nodeStatusMaxImages"""


def gather(engine: Engine, settings: Mapping[str, str]) -> NodeFacts | None:
    """Facts about the engine's host; None where it takes too long to tell them all: half of
    them would be wrong."""
    with engine.quick() as api:
        info, images = api.info(), api.images()
        version = engine.version
    try:
        machine = _machine(engine, info)
    except TimeoutError:
        return None
    networks = _networks(engine, machine, settings)
    return NodeFacts(
        hostname=info["Name"],
        addresses=_addresses(engine, info, networks),
        cpus=float(info["NCPU"]),
        memory=int(info["MemTotal"]),
        storage=machine.space.size,
        info=node_info(info, version, machine),
        images=_images(images),
        memory_pressure=machine.memory_pressure,
        disk_pressure=machine.space.pressure,
        engine_id=info.get("ID", ""),
        networks=tuple(str(each) for each in networks),
    )


def node_info(
    info: Mapping[str, Any], version: Mapping[str, Any], machine: Machine
) -> dict[str, str]:
    """status.nodeInfo."""
    identity = machine.identity
    return {
        "machineID": identity.get("machineID") or info.get("ID", ""),
        "systemUUID": identity.get("systemUUID") or info.get("ID", ""),
        "bootID": identity.get("bootID", ""),
        "kernelVersion": info["KernelVersion"],
        "osImage": machine.os_image or info["OperatingSystem"],
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
    try:
        networks = _networks(engine, _machine(engine, info), settings)
    except TimeoutError:
        words = f"{engine.reach.url} does not say its addresses in time"
        raise HostUnreachable(words) from None
    own = [text for kind, text in _addresses(engine, info, networks) if kind == "InternalIP"]
    return tuple(dict.fromkeys(["127.0.0.1", *own]))


def _machine(engine: Engine, info: Mapping[str, Any]) -> Machine:
    """The host's own files, where they can be read."""
    if engine.reach.remote:
        return engine.reach.machine(info["DockerRootDir"])
    process = local.engine_process(engine.url)
    return (
        local.machine(process, info["DockerRootDir"]) if local.is_local(process, info) else NOTHING
    )


def _networks(
    engine: Engine, machine: Machine, settings: Mapping[str, str]
) -> tuple[IPv4Interface, ...]:
    """The host's addresses. The setting "node-address" says which one of this machine counts:
    it cannot be meant for others."""
    given = "" if engine.reach.remote else settings.get("node-address", "")
    if not given:
        return machine.networks
    first = [each for each in machine.networks if str(each.ip) == given]
    return (*(first or [IPv4Interface(given)]), *(m for m in machine.networks if m not in first))


def _addresses(
    engine: Engine, info: Mapping[str, Any], networks: tuple[IPv4Interface, ...]
) -> tuple[tuple[str, str], ...]:
    """Of a host that says nothing of its networks, what a swarm knows of it."""
    address = str(networks[0].ip) if networks else (info.get("Swarm") or {}).get("NodeAddr", "")
    if not address and not engine.reach.remote:
        here = local.is_local(local.engine_process(engine.url), info)
        address = "127.0.0.1" if here else ""
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
