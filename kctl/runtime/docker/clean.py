"""Removing everything that a control plane has on an engine."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from kctl.runtime.docker import calls, labels
from kctl.runtime.docker.context import Context, done

if TYPE_CHECKING:
    from kctl.runtime.types import CleanNode, Outcome

_AT_ONCE = 4


def clean(context: Context, operation: CleanNode) -> Outcome:
    """Execute a `CleanNode`: containers, volumes and networks of the control plane, and
    the images that kctl made, unless another control plane's containers use them."""
    from docker.errors import APIError, NotFound

    mine = labels.of_cluster(context.cluster)
    rows, _ = context.engine.containers(mine)
    with calls.engine_words("CleanError"), context.engine.patient() as api:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda row: calls.remove(api, row["Id"]), rows))
        for volume in api.volumes(filters=mine).get("Volumes") or []:
            with contextlib.suppress(NotFound):
                api.remove_volume(volume["Name"])
        for network in api.networks(filters=mine):
            with contextlib.suppress(NotFound):
                api.remove_network(network["Id"])
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
