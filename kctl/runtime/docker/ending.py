"""How a container ended, where the inspection alone does not say it.

The termination message: the kubelet reads a file that it mounts into every container.
Here the file is read out of the dead container, which works for every path but those
under /dev, a file system of its own that ends with the container: the default path
/dev/termination-log yields nothing, unless the policy falls back to the log.

The exit code of the run before an engine's own restart: the engine forgets it in the
container and still has it in its recent events (a few hundred of them).
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import logs

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

LABEL = "io.kctl.termination"
DEFAULT_PATH = "/dev/termination-log"
FALLBACK = "FallbackToLogsOnError"
_MESSAGE_LIMIT = 4096
_LOG_LIMIT, _LOG_LINES = 2048, 80
"""The kubelet's bounds."""


def label(container: Mapping[str, Any]) -> dict[str, str]:
    """The label that remembers where a container leaves its last words; none where there
    is nothing to be read."""
    path = container.get("terminationMessagePath") or DEFAULT_PATH
    policy = container.get("terminationMessagePolicy") or "File"
    if path.startswith("/dev/"):
        path = ""
    return {LABEL: f"{policy} {path}"} if path or policy == FALLBACK else {}


def message(engine: Engine, container_id: str, mark: str, exit_code: int) -> str:
    """The termination message of an ended container with this label."""
    policy, _, path = mark.partition(" ")
    text = _file(engine, container_id, path) if path else ""
    if text or policy != FALLBACK or exit_code == 0:
        return text
    try:
        data = b"".join(logs.read(engine, container_id, tail=_LOG_LINES))
    except FileNotFoundError:
        return ""
    return data[-_LOG_LIMIT:].decode(errors="replace")


def _file(engine: Engine, container_id: str, path: str) -> str:
    from docker.errors import APIError

    try:
        with engine.quick() as api:
            chunks, _ = api.get_archive(container_id, path)
            data = b"".join(chunks)
    except APIError:  # no such file, or the container is gone
        return ""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        entry = tar.next()
        found = tar.extractfile(entry) if entry is not None and entry.isfile() else None
        return found.read(_MESSAGE_LIMIT).decode(errors="replace") if found else ""


def last_exit_code(engine: Engine, container_id: str, finished_at: float) -> int | None:
    """The exit code of the run that ended at `finished_at`, from the engine's events."""
    with engine.quick() as api:
        found = list(
            api.events(
                since=int(finished_at) - 1,
                until=int(finished_at) + 2,
                filters={"container": [container_id], "event": ["die"]},
                decode=True,
            )
        )
    codes = [each["Actor"]["Attributes"].get("exitCode", "") for each in found]
    return int(codes[-1]) if codes and codes[-1].isdigit() else None
