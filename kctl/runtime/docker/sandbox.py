"""The container that holds the namespaces of a pod with several containers.

Its image is one static program of some 230 bytes (`pause`): it waits for signals, reaps
what ends in a shared PID namespace, and leaves at once on SIGTERM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kctl.runtime.docker.imagetar import OwnImages, archive
from kctl.runtime.docker.pause import PROGRAMS

if TYPE_CHECKING:
    from kctl.runtime.docker.client import Engine

NAME = "kctl-pause"


class NoPause(Exception):
    """There is no pause program for the host's architecture."""


def ensure_image(engine: Engine, images: OwnImages) -> str:
    """The reference of the sandbox's image on this engine."""
    architecture = engine.architecture
    if architecture not in PROGRAMS:
        raise NoPause(
            f"pods with several containers need the pause program, which kctl has for "
            f"{' and '.join(sorted(PROGRAMS))}, not for {architecture}"
        )
    contents = archive([("/pause", PROGRAMS[architecture], 0o755)])
    return images.ensure(NAME, contents, ['ENTRYPOINT ["/pause"]'])
