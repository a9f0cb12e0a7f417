"""A front as the body of the engine's create call. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import labels
from kctl.runtime.docker.pod import LOG

if TYPE_CHECKING:
    from kctl.runtime.operations import ApplyFront

Object = dict[str, Any]
JOINS = "io.kctl.joins"
"""Label: ID of the container whose network a front shares."""
RETIRE = "io.kctl.retire"
"""Label: the argv, as JSON, that undoes what a front did to its surroundings."""
_JOIN = "front:"
_READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sysrq-trigger"]
_NO_PROFILE = ("apparmor=unconfined", "label=disable")
_TAKE_ON_USER = ("SETGID", "SETUID")
"""dnsmasq sets its groups even where it is told to stay root."""
_MAC_OF_ENDPOINT = (1, 44)
"""From this version on a MAC address belongs to an endpoint, not to the container."""


def name(cluster: str, front: str) -> str:
    """The name of a front's container."""
    return f"kctl_{front}_{cluster}"


def body(
    operation: ApplyFront,
    cluster: str,
    image: str,
    rows: Sequence[Mapping[str, Any]],
    api_version: tuple[int, int] = (1, 41),
) -> Object:
    """The create call's body; `rows` are the containers that are there, for a front that
    joins another one's network. Raises `LookupError` when that one is not running.

    The restart policy is `always` and the stop signal is spelled out: without that the
    engine takes a reload signal for a wish to stop, and does not restart what ends later."""
    front = operation.front
    marks = {labels.CLUSTER: cluster, labels.FRONT: front.name, labels.SHAPE: front.shape}
    host: Object = {
        "LogConfig": LOG,
        "RestartPolicy": {"Name": "always"},
        "CapDrop": ["ALL"],
        "CapAdd": list(dict.fromkeys([*front.capabilities, *_TAKE_ON_USER])),
    }
    body: Object = {
        "Image": image,
        "Entrypoint": list(front.command),
        "StopSignal": "SIGTERM",
        "Labels": marks,
        "HostConfig": host,
    }
    if front.sysctls:
        host["Sysctls"] = dict(front.sysctls)
    if front.host_sysctls:
        # The engine's own list of what is read-only, without /proc/sys; the profiles that
        # some machines have for all containers forbid to write there as well.
        host |= {"ReadonlyPaths": _READ_ONLY, "SecurityOpt": list(_NO_PROFILE)}
    if front.retire:
        marks[RETIRE] = json.dumps(front.retire)
    if front.network.startswith(_JOIN):
        other = joined(front.network.removeprefix(_JOIN), rows)
        host["NetworkMode"] = f"container:{other}"
        marks[JOINS] = other
    elif front.network == "host":
        host["NetworkMode"] = "host"
    else:
        host["NetworkMode"] = operation.network.name
        body |= _endpoint(operation.network.name, front.address, api_version)
    return body


def _endpoint(network: str, address: str, api_version: tuple[int, int]) -> Object:
    """The body's part for a place in the pod network."""
    endpoint: Object = {}
    body: Object = {"NetworkingConfig": {"EndpointsConfig": {network: endpoint}}}
    if address:
        endpoint["IPAMConfig"] = {"IPv4Address": address}
        (endpoint if api_version >= _MAC_OF_ENDPOINT else body)["MacAddress"] = mac(address)
    return body


def mac(address: str) -> str:
    """One MAC address for one address, as the bridge driver chose it before Docker 28:
    neighbours remember the service range under it, beyond the life of one container."""
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def joined(front: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The ID of the running front whose network another one shares."""
    for row in rows:
        if row["Labels"].get(labels.FRONT) == front and row["State"] == "running":
            return str(row["Id"])
    raise LookupError(f"front {front} does not run")
