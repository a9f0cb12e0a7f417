"""What containers use, by the engine's own statistics, and what the machine under them does.

An engine of version 20.10 answers each question at the end of a second of its own, so all of
them are asked at once.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import labels, local
from kctl.runtime.docker.observe import epoch
from kctl.runtime.observations import SANDBOX
from kctl.runtime.stats import NodeUsage, Usage
from kctl.runtime.threads import Threads

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine
    from kctl.runtime.docker.context import Context

AT_ONCE = 128
"""Questions to an engine at once: each waits, and none of them works. They have connections of
their own, which the client's pool would not keep."""
SECONDS = 10.0


def sample(context: Context, pods: Collection[str] | None) -> NodeUsage:
    """The counters of the running containers of the pods with these uids (None: of all), and
    of the host. A container that is gone meanwhile is left out. Raises HostUnreachable, and
    docker's APIError."""
    engine = context.engine
    version = "{}.{}".format(*engine.api_version)
    rows, _ = engine.containers(labels.of_cluster(context.cluster))
    wanted = [row for row in rows if _wanted(row, pods)]
    with Threads(AT_ONCE, "stats") as pool:
        host = pool.submit(_machine, context)
        found = list(pool.map(lambda row: _container(engine, version, row["Id"]), wanted))
        machine = host.result()
    by_pod: dict[str, dict[str, Usage]] = {}
    for row, usage in zip(wanted, found, strict=True):
        if usage is not None:
            marks = row["Labels"]
            by_pod.setdefault(marks[labels.POD_UID], {})[marks[labels.CONTAINER]] = usage
    return NodeUsage(context.node, time.time(), machine, by_pod)


def _wanted(row: Mapping[str, Any], pods: Collection[str] | None) -> bool:
    marks = row.get("Labels") or {}
    uid = marks.get(labels.POD_UID)
    if not uid or marks.get(labels.ROLE) or marks.get(labels.CONTAINER, SANDBOX) == SANDBOX:
        return False
    return row["State"] == "running" and (pods is None or uid in pods)


def _container(engine: Engine, version: str, container_id: str) -> Usage | None:
    """None where it is gone. Raises HostUnreachable."""
    path = f"/v{version}/containers/{container_id}/stats?stream=false&one-shot=true"
    connection = http.client.HTTPConnection("docker", timeout=SECONDS)
    with engine.translated(SECONDS), contextlib.closing(connection):
        connection.sock = sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(SECONDS)
        sock.connect(engine.reach.socket)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            answer = connection.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise OSError(f"the answer makes no sense: {error}") from error
    return usage(container_id, json.loads(text)) if answer.status == 200 else None


def usage(container_id: str, said: Mapping[str, Any]) -> Usage | None:
    """Of an answer of the engine; None where the container does not run any more."""
    at = epoch(said.get("read") or "")
    used = ((said.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage")
    memory = said.get("memory_stats") or {}
    if not at or used is None or "usage" not in memory:
        return None
    parts = memory.get("stats") or {}
    idle = parts.get("total_inactive_file", parts.get("inactive_file", 0))  # cgroup v1, v2
    return Usage(at, int(used), max(int(memory["usage"]) - int(idle), 0), container_id)


def _machine(context: Context) -> Usage | None:
    """The host's own counters, where its files can be read. Raises HostUnreachable."""
    engine = context.engine
    if engine.reach.remote:
        return engine.reach.usage()
    with engine.quick() as api:
        info = api.info()
    return local.usage() if local.is_local(local.engine_process(engine.url), info) else None
