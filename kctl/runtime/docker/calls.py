"""Create and start, with the engine's answers turned into the kubelet's failures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import labels
from kctl.runtime.docker.client import explanation
from kctl.runtime.docker.context import Context, Failure

if TYPE_CHECKING:
    from docker import APIClient

Object = dict[str, Any]


class NoImage(Exception):
    """The engine has no image of that name."""


def create(context: Context, name: str, body: Object) -> str:
    """Create a container; its ID. A leftover of the same name that never ran, or that is
    dead, gives way; one that runs is an error (somebody else was faster).

    Raises `NoImage`, and `Failure` (CreateContainerError)."""
    from docker.errors import APIError

    try:
        return context.engine.create_container(name, body)
    except APIError as error:
        words = explanation(error)
        if error.status_code == 404 and "image" in words.lower():
            raise NoImage(body["Image"]) from None
        if error.status_code != 409 or not _give_way(context, name):
            raise _create_failure(words) from None
    try:
        return context.engine.create_container(name, body)
    except APIError as error:
        raise _create_failure(explanation(error)) from None


def _create_failure(words: str) -> Failure:
    return Failure("CreateContainerError", words, (("Warning", "Failed", f"Error: {words}"),))


def _give_way(context: Context, name: str) -> bool:
    """Remove the container of this name if it is ours and does not run."""
    from docker.errors import NotFound

    with context.engine.patient() as api:
        try:
            found = api.inspect_container(name)
        except NotFound:
            return True
        ours = (found["Config"].get("Labels") or {}).get(labels.CLUSTER) == context.cluster
        if not ours or found["State"]["Running"] or found["State"].get("Restarting"):
            return False
        remove(api, found["Id"])
        return True


def start(context: Context, container_id: str) -> None:
    """Start a container; raises `Failure` (RunContainerError). The container stays for
    inspection, as the kubelet leaves it."""
    from docker.errors import APIError

    with context.engine.patient() as api:
        try:
            api.start(container_id)
        except APIError as error:
            words = explanation(error)
            if "network" in words and "not found" in words:
                context.network.forget()
            events = (("Warning", "Failed", f"Error: {words}"),)
            raise Failure("RunContainerError", words, events) from None


def retire(api: APIClient, container_id: str) -> None:
    """Take a container's restart policy away: with `always`, the engine would start it
    again when it comes up the next time, beside the attempt that took its place and with
    the same address. Gone is fine."""
    from docker.errors import NotFound

    policy: Any = {"Name": "no", "MaximumRetryCount": 0}
    with contextlib.suppress(NotFound):
        api.update_container(container_id, restart_policy=policy)


def remove(api: APIClient, container_id: str) -> None:
    """Remove a container and its anonymous volumes, running or not; gone is fine."""
    from docker.errors import APIError

    try:
        api.remove_container(container_id, v=True, force=True)
    except APIError as error:
        # 404: gone; 409 "removal … is already in progress": somebody else is at it
        if error.status_code != 404 and "already in progress" not in explanation(error):
            raise


@contextlib.contextmanager
def engine_words(reason: str) -> Iterator[None]:
    """Any other refusal of the engine becomes a `Failure` with its words."""
    from docker.errors import APIError

    try:
        yield
    except APIError as error:
        words = explanation(error)
        raise Failure(reason, words, (("Warning", "Failed", f"Error: {words}"),)) from None
