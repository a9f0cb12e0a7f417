"""A container's log as lines.

After a restart by the engine itself (see `pod`) one log holds all runs of the container:
`until` set to the start of the newest run gives what came before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from kctl.runtime.docker.frames import lines
from kctl.runtime.docker.wire import Streamed

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

_CONNECT = 10.0


def read(
    engine: Engine,
    container_id: str,
    *,
    follow: bool = False,
    tail: int | None = None,
    since: float | None = None,
    until: float | None = None,
    timestamps: bool = False,
) -> Iterator[bytes]:
    """See `Runtime.logs`. Raises FileNotFoundError when the container is gone."""
    found = wire(
        engine,
        container_id,
        follow=follow,
        tail=tail,
        since=since,
        until=until,
        timestamps=timestamps,
    )
    if not follow:
        found.stream.wait_at_most(_CONNECT)
    try:
        with engine.translated(_CONNECT):
            yield from lines(iter(found.stream.receive, b""), tty=found.tty)
    finally:
        found.close()


def wire(
    engine: Engine,
    container_id: str,
    *,
    follow: bool = False,
    tail: int | None = None,
    since: float | None = None,
    until: float | None = None,
    timestamps: bool = False,
) -> Streamed:
    """See `Runtime.log_wire`."""
    from docker.errors import NotFound

    from kctl.runtime.docker import hijack

    with engine.quick() as api:
        try:
            tty = bool(api.inspect_container(container_id)["Config"].get("Tty"))
        except NotFound:
            raise FileNotFoundError(f"no such container: {container_id}") from None
        path = f"/v{api.api_version}/containers/{container_id}/logs"
    query = urlencode(_parameters(follow, tail, since, until, timestamps))
    with engine.translated(_CONNECT):
        stream = hijack.get(f"{path}?{query}", engine.url, _CONNECT)
    return Streamed(stream, tty=tty)


def _parameters(
    follow: bool, tail: int | None, since: float | None, until: float | None, timestamps: bool
) -> dict[str, str]:
    parameters = {
        "stdout": "1",
        "stderr": "1",
        "follow": "1" if follow else "0",
        "timestamps": "1" if timestamps else "0",
        "tail": "all" if tail is None else str(tail),
    }
    if since is not None:
        parameters["since"] = f"{since:.9f}"
    if until is not None:
        parameters["until"] = f"{until:.9f}"
    return parameters
