"""The end of a front: it first takes back what it did to its surroundings."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import calls, frontbody, labels, logs
from kctl.runtime.docker.context import Context, Failure

if TYPE_CHECKING:
    from docker import APIClient

Row = Mapping[str, Any]
_GRACE = 5
_SECONDS = 30
_KEPT = ("NetworkMode", "CapDrop", "CapAdd", "ReadonlyPaths", "SecurityOpt", "LogConfig")


def retire(context: Context, api: APIClient, row: Row) -> None:
    """Remove a container; before that, run what a front is to end with, in a container like
    it. The front is stopped first: one that still ran could put back what was just taken
    away. Raises `Failure` with what it says, and leaves the container, so that it is tried
    again."""
    text = row["Labels"].get(frontbody.RETIRE)
    if text:
        _stop(api, row["Id"])
        code, output = _apart(context, api, row, tuple(json.loads(text)))
        if code != 0:
            words = output.decode(errors="replace").strip() or f"exit code {code}"
            message = f"front {row['Labels'].get(labels.FRONT)} could not be retired: {words}"
            raise Failure("FrontFailed", message, (("Warning", "FrontFailed", message),))
    calls.remove(api, row["Id"])


def _stop(api: APIClient, container_id: str) -> None:
    """The engine does not start it again; gone is fine."""
    from docker.errors import NotFound

    with contextlib.suppress(NotFound):
        api.stop(container_id, timeout=_GRACE)


def _apart(context: Context, api: APIClient, row: Row, argv: tuple[str, ...]) -> tuple[int, bytes]:
    from docker.errors import NotFound

    try:
        found = api.inspect_container(row["Id"])
    except NotFound:
        return 0, b""
    host = {key: found["HostConfig"].get(key) for key in _KEPT}
    body = {
        "Image": found["Image"],
        "Entrypoint": list(argv),
        "Labels": {labels.CLUSTER: context.cluster},
        "HostConfig": host,
    }
    name = frontbody.name(context.cluster, f"{row['Labels'].get(labels.FRONT)}-retire")
    container_id = calls.create(context, name, body)
    try:
        calls.start(context, container_id)
        code = int(api.wait(container_id, timeout=_SECONDS)["StatusCode"])
        return code, b"".join(logs.read(context.engine, container_id, tail=20))
    finally:
        calls.remove(api, container_id)
