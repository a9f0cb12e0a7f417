"""An image that another host has is handed on to this one, before or after the registry.

The setting "image-distribution" says which: "auto" asks the other hosts first, "fallback"
the registry first, "off" nobody. A pod with imagePullPolicy Never or IfNotPresent may be
given an image; one with Always wants the registry's word for it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import TimeoutError as TooLate
from typing import TYPE_CHECKING

from kctl.runtime.docker.images import present, seconds
from kctl.runtime.image_archive import BadArchive, fitting
from kctl.runtime.image_types import ImageError, StoredImage, Supplier
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable

if TYPE_CHECKING:
    from kctl.runtime.docker.context import Context, Event

_ASKERS = 16
_ASK_SECONDS = 3.0
"""A supplier that does not answer by then has nothing to give."""


def fetch(context: Context, image: str, events: list[Event]) -> bool:
    """Have the image from a supplier; False where none has it, or it did not work. What
    happened is added to `events`. Raises `HostUnreachable` for this host alone."""
    suppliers = () if "@" in image else context.suppliers()  # digests are a registry's
    if not suppliers:
        return False
    asked = time.monotonic()
    with context.images.turn(image):
        if context.store.find(image) is not None:  # somebody else's turn brought it
            events.append(present(image))
            return True
        best = _best(suppliers, image, context.store.platform())
        if best is None:
            return False
        supplier, found = best
        events.append(("Normal", "Pulling", f'Pulling image "{image}" from {supplier.name}'))
        begun = time.monotonic()
        problem = _copy(context, supplier, image)
        ended = time.monotonic()
    context.images.forget(image)
    if problem:
        words = f'Failed to pull image "{image}" from {supplier.name}: {problem}'
        events.append(("Warning", "Failed", words))
        return False
    message = (
        f'Successfully pulled image "{image}" from {supplier.name} in {seconds(ended - begun)} '
        f"({seconds(ended - asked)} including waiting). Image size: {found.size} bytes."
    )
    events.append(("Normal", "Pulled", message))
    return True


def _best(
    suppliers: Sequence[Supplier], image: str, platform: str
) -> tuple[Supplier, StoredImage] | None:
    """The newest image of that name among the suppliers that can be asked, the first of
    them where several have it."""

    def ask(supplier: Supplier) -> StoredImage | None:
        try:
            return supplier.images.find(image)
        except (HostUnreachable, ImageError):
            return None

    found: list[tuple[Supplier, StoredImage]] = []
    deadline = time.monotonic() + _ASK_SECONDS
    with Threads(_ASKERS) as pool:
        for supplier, answer in [(each, pool.submit(ask, each)) for each in suppliers]:
            try:
                stored = answer.result(max(deadline - time.monotonic(), 0.0))
            except TooLate:
                continue
            if stored is not None and stored.platform == platform:
                found.append((supplier, stored))
    return max(found, key=lambda each: each[1].created) if found else None


def _copy(context: Context, supplier: Supplier, image: str) -> str:
    """Copy an image here; why it failed, "" when it worked."""
    try:
        with supplier.images.saved(image) as archived:
            context.store.load(fitting(archived, context.store.platform()))
    except (ImageError, BadArchive, OSError) as error:
        return str(error)
    except HostUnreachable as error:
        context.store.platform()  # raises where it is this host that is gone
        return str(error)
    return ""
