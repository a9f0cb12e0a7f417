"""The built-in runtimes as a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kctl.plugins.hookspecs import hookimpl

if TYPE_CHECKING:
    from kctl.runtime.types import Runtime


@hookimpl
def kctl_runtime(url: str, node: str, settings: Mapping[str, str]) -> Runtime | None:
    """Docker behind a unix socket or at the end of an SSH connection, or a simulated engine.
    Raises ValueError for a URL that cannot be."""
    if url.startswith("simulated:"):
        from kctl.runtime.simulated import create

        return create(url, node, settings)
    if not url.startswith(("unix://", "ssh://")):
        return None
    from kctl.runtime.docker.runtime import DockerRuntime

    if url.startswith("unix://"):
        return DockerRuntime(url, node, settings)
    from kctl.runtime.ssh.connection import Connection

    # who has no node yet is being joined, by a person who may just have mended the host
    return DockerRuntime(url, node, settings, Connection(url, at_once=not node))
