"""A front as the body of the engine's create call. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import labels
from kctl.runtime.docker.pod import LOG

if TYPE_CHECKING:
    from kctl.runtime.types import ApplyFront

Object = dict[str, Any]
JOINS = "io.kctl.joins"
"""Label: ID of the container whose network a front shares."""
_JOIN = "front:"


def name(cluster: str, front: str) -> str:
    """The name of a front's container."""
    return f"kctl_{front}_{cluster}"


def body(
    operation: ApplyFront, cluster: str, image: str, rows: Sequence[Mapping[str, Any]]
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
    }
    body: Object = {
        "Image": image,
        "Entrypoint": list(front.command),
        "StopSignal": "SIGTERM",
        "Labels": marks,
        "HostConfig": host,
    }
    if front.capabilities:
        host["CapAdd"] = list(front.capabilities)
    if front.sysctls:
        host["Sysctls"] = dict(front.sysctls)
    if front.network.startswith(_JOIN):
        other = joined(front.network.removeprefix(_JOIN), rows)
        host["NetworkMode"] = f"container:{other}"
        marks[JOINS] = other
    elif front.network == "host":
        host["NetworkMode"] = "host"
    else:
        network = operation.network.name
        host["NetworkMode"] = network
        endpoint = {"IPAMConfig": {"IPv4Address": front.address}} if front.address else {}
        body["NetworkingConfig"] = {"EndpointsConfig": {network: endpoint}}
    return body


def joined(front: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The ID of the running front whose network another one shares."""
    for row in rows:
        if row["Labels"].get(labels.FRONT) == front and row["State"] == "running":
            return str(row["Id"])
    raise LookupError(f"front {front} does not run")
