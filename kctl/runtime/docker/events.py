"""The engine's events as hints that a pass is due."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import labels
from kctl.runtime.types import RuntimeEvent

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

_ACTIONS = ("start", "die", "destroy", "oom", "pause", "unpause")
_LOOK_SECONDS = 0.5


def listen(
    engine: Engine, cluster: str, node: str, stop: threading.Event
) -> Iterator[RuntimeEvent]:
    """Events of the control plane's containers until `stop` is set or the stream breaks."""
    filters = {"type": ["container"], "event": list(_ACTIONS), **labels.of_cluster(cluster)}
    with engine.quick() as api:
        stream = api.events(filters=filters, decode=True)
    ended = threading.Event()

    def watch() -> None:
        while not stop.wait(_LOOK_SECONDS) and not ended.is_set():
            continue
        stream.close()

    threading.Thread(target=watch, name=f"events of {node}", daemon=True).start()
    try:
        with engine.translated():
            for event in stream:
                if stop.is_set():
                    return
                yield translate(event, node)
    finally:
        ended.set()


def translate(event: Mapping[str, Any], node: str) -> RuntimeEvent:
    """An event of the engine as a hint."""
    marks = event.get("Actor", {}).get("Attributes") or {}
    return RuntimeEvent(
        node=node,
        uid=marks.get(labels.POD_UID, ""),
        container=marks.get(labels.CONTAINER) or marks.get(labels.FRONT, ""),
        action=str(event.get("Action", "")).partition(":")[0],
    )
