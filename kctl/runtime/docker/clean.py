"""Removing everything that a control plane has on an engine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kctl.runtime.docker import calls, labels
from kctl.runtime.docker.context import Context, done
from kctl.runtime.docker.frontretire import retire
from kctl.runtime.threads import Threads

if TYPE_CHECKING:
    from docker import APIClient

from kctl.runtime.operations import CleanNode, Outcome

_AT_ONCE = 4
_NETWORK_TRIES = 20
_PAUSE = 0.25
"""An engine may hold the last endpoint of a network for a moment after its container went."""


def clean(context: Context, operation: CleanNode) -> Outcome:
    """Execute a `CleanNode`: containers, volumes and networks of the control plane, and
    the images that kctl made, unless another control plane's containers use them."""
    from docker.errors import APIError, NotFound

    mine = labels.of_cluster(context.cluster)
    rows, _ = context.engine.containers(mine)
    with calls.engine_words("CleanError"), context.engine.patient() as api:
        with Threads(_AT_ONCE) as pool:
            list(pool.map(lambda row: retire(context, api, row), rows))
        for volume in api.volumes(filters=mine).get("Volumes") or []:
            with contextlib.suppress(NotFound):
                api.remove_volume(volume["Name"])
        for network in api.networks(filters=mine):
            _remove_network(api, network)
        for image in api.images(filters={"label": [labels.IMAGE]}):
            try:
                api.remove_image(image["Id"])
            except APIError as error:
                if error.status_code not in (404, 409):  # gone, or in use by another
                    raise
    context.network.forget()
    context.own_images.forget()
    context.uploaded.clear()
    return done(operation)


def _remove_network(api: APIClient, network: Mapping[str, Any]) -> None:
    """Remove a network that nothing uses any more. Raises APIError with what to do when the
    engine itself lost count of its endpoints."""
    from docker.errors import APIError, NotFound

    for attempt in range(1, _NETWORK_TRIES + 1):
        try:
            api.remove_network(network["Id"])
            return
        except NotFound:
            return
        except APIError as error:
            if "active endpoints" not in str(error.explanation):
                raise
            if attempt == _NETWORK_TRIES:
                words = f"{error.explanation}; restart the Docker engine, which counts them anew"
                raise APIError(str(error), error.response, words) from error
        time.sleep(_PAUSE)
