"""Is a front's configuration good, and does it answer? And if not, what does it say?"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import calls, frontbody, http, logs
from kctl.runtime.docker.context import Context
from kctl.runtime.docker.imagetar import archive

if TYPE_CHECKING:
    from kctl.network.types import Front

_CHECK_SECONDS = 30
_CONFIRM_SECONDS = 5.0
_STEP = 0.01
_ALIVE_SECONDS = 0.3
_TAIL = 20
_IN_USE = re.compile(r"(?i)(?:address already in use|in use)[^\[]*\[?(?P<where>[^\]\s]*:\d+)?")


def check_apart(context: Context, front: Front, body: dict[str, Any]) -> str:
    """Run the check in a container of its own, without a network and with the files where
    the check looks for them; what it says against them, "" when they are good."""
    name = frontbody.name(context.cluster, f"{front.name}-check")
    marks = {key: value for key, value in body["Labels"].items() if key == "io.kctl.cluster"}
    alone = {
        "Image": body["Image"],
        "Entrypoint": list(front.check),
        "Labels": marks,
        "HostConfig": {"NetworkMode": "none", "LogConfig": body["HostConfig"]["LogConfig"]},
    }
    files = [(path, data, 0o644) for path, data in front.files.items()]
    files += [
        (front.candidate[path], data, 0o644)
        for path, data in front.files.items()
        if path in front.candidate
    ]
    container_id = calls.create(context, name, alone)
    with context.engine.patient() as api:
        try:
            api.put_archive(container_id, "/", archive(files))
            calls.start(context, container_id)
            code = api.wait(container_id, timeout=_CHECK_SECONDS)["StatusCode"]
            if code == 0:
                return ""
            text = b"".join(logs.read(context.engine, container_id, tail=_TAIL))
            return text.decode(errors="replace").strip() or f"exit code {code}"
        finally:
            calls.remove(api, container_id)


def confirm(context: Context, front: Front, container_id: str) -> bool:
    """Wait for the front's own answer; a front without one must stay alive for a moment."""
    if front.confirm is None:
        return _stays(context, container_id)
    address, port, path, text = front.confirm
    deadline = time.monotonic() + _CONFIRM_SECONDS
    while time.monotonic() < deadline:
        try:
            status, body = http.get(context.dial, "http", address, port, path, timeout=1.0)
            if status == 200 and text in body.decode(errors="replace"):
                return True
        except http.HttpFailure:
            found = context.observer.inspect(container_id)
            if found is None or found.state in ("exited", "dead", "restarting"):
                return False
        time.sleep(_STEP)
    return False


def _stays(context: Context, container_id: str) -> bool:
    first = context.observer.inspect(container_id)
    time.sleep(_ALIVE_SECONDS)
    last = context.observer.inspect(container_id)
    return (
        first is not None
        and last is not None
        and last.state == "running"
        and (first.started_at, first.restarts) == (last.started_at, last.restarts)
    )


def last_words(context: Context, container_id: str, since: float) -> str:
    """The end of a front's log in a form that names the port, if one was taken."""
    found = list(logs.read(context.engine, container_id, tail=_TAIL, since=since or None))
    text = b"".join(found).decode(errors="replace").strip()
    return explain(text) or "it says nothing"


def explain(text: str) -> str:
    """A log, with the taken port named first where there is one."""
    for line in text.splitlines():
        match = _IN_USE.search(line)
        if match:
            where = match["where"] or _address(line)
            port = where.rpartition(":")[2]
            return f"port {port} is taken by another program ({where}): {line.strip()}"
    return text


def _address(line: str) -> str:
    found = re.findall(r"[\w.:*\[\]-]*:\d+", line)
    return found[-1] if found else "?"
