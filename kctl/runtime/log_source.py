"""Which container of the engine holds the log that is asked for, and which part of it.

Docker restarts a container in place: its log then holds several lives, told apart by
the times that the pod's status keeps. A container that kctl made anew has a log of its
own, and the dead one is kept for `logs --previous`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kctl.api.errors import bad_request
from kctl.api.times import parse
from kctl.runtime.pod_status import engine_id, status_of

Object = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """One container's log; times in epoch seconds."""

    pod: str
    container: str
    object: Object
    id: str
    since: float | None = None
    until: float | None = None


def source(pod: Object, container: str, *, previous: bool) -> Source:
    """Raises the API's BadRequest where there is no such log."""
    name = pod["metadata"]["name"]
    status = status_of(pod, container)
    ended = (status.get("lastState") or {}).get("terminated") or {}
    if previous:
        if not ended:
            raise bad_request(
                f'previous terminated container "{container}" in pod "{name}" not found'
            )
        return Source(
            name,
            container,
            pod,
            engine_id(ended.get("containerID", "")),
            _seconds(ended.get("startedAt")),
            _seconds(ended.get("finishedAt"), 1.0),
        )
    identity = status.get("containerID") or ended.get("containerID") or ""
    if not identity:
        waiting = (status.get("state") or {}).get("waiting") or {}
        raise bad_request(
            f'container "{container}" in pod "{name}" is waiting to start: '
            f"{waiting.get('reason') or 'ContainerCreating'}"
        )
    same = ended.get("containerID") == identity
    running = (status.get("state") or {}).get("running") or {}
    since = _seconds(running.get("startedAt")) if same and running else None
    return Source(name, container, pod, engine_id(identity), since)


def _seconds(text: str | None, more: float = 0.0) -> float | None:
    return parse(text).timestamp() + more if text else None
