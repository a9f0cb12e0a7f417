"""A container's log as lines.

After a restart by the engine itself (see `pod`) one log holds all runs of the container:
`until` set to the start of the newest run gives what came before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kctl.runtime.docker.frames import lines

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine


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
    from docker.errors import APIError, NotFound

    with engine.quick() as api:
        try:
            tty = bool(api.inspect_container(container_id)["Config"].get("Tty"))
        except NotFound:
            raise FileNotFoundError(f"no such container: {container_id}") from None
        answer = api.get(
            f"{api.base_url}/v{api.api_version}/containers/{container_id}/logs",
            params=_parameters(follow, tail, since, until, timestamps),
            stream=True,
            timeout=(api.timeout, None if follow else api.timeout),
        )
        if answer.status_code != 200:
            raise APIError(answer.text, response=answer)
    try:
        with engine.translated():
            yield from lines(answer.iter_content(chunk_size=None), tty=tty)
    finally:
        answer.close()


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
