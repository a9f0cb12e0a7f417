"""Where a node may get an image from, beside a registry: this machine's engine, and the
other nodes that are ready."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kctl.runtime.image_types import Supplier
from kctl.runtime.types import Runtime

Object = dict[str, Any]

THIS_MACHINE = "this machine"


def engine_url() -> str:
    """The engine that the docker command uses here, whether it is a node's or not:
    DOCKER_HOST, else the usual socket."""
    return os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


class ImageSources:
    """Answers the runtimes' question."""

    def __init__(self, settings: Mapping[str, str], connect: Callable[[str, str], Runtime]) -> None:
        """`connect` makes a runtime for a URL (`Hosts.connect`)."""
        self._settings, self._connect = settings, connect
        self._ready: frozenset[str] = frozenset()
        self._nodes: Mapping[str, tuple[str, Runtime]] = {}
        self._own: tuple[str, Runtime | None] = ("", None)

    def follow(self, nodes: Iterable[Object], runtimes: Mapping[str, tuple[str, Runtime]]) -> None:
        """The nodes as they are now, and (URL, runtime) by their names."""
        self._ready = frozenset(each["metadata"]["name"] for each in nodes if is_ready(each))
        self._nodes = dict(runtimes)

    def of(self, node: str) -> Sequence[Supplier]:
        """Suppliers for a node, this machine first."""
        if self._settings.get("image-distribution") == "off":
            return ()
        others = [
            Supplier(f"node {name}", runtime.images)
            for name, (_, runtime) in sorted(self._nodes.items())
            if name in self._ready and name != node
        ]
        own = self._this_machine()
        return [Supplier(THIS_MACHINE, own.images), *others] if own is not None else others

    def _this_machine(self) -> Runtime | None:
        """The runtime of this machine's engine where no node has it."""
        url = engine_url()
        if any(url == known for known, _ in self._nodes.values()):
            return None
        if self._own[0] != url:
            try:
                self._own = (url, self._connect(url, ""))
            except ValueError:  # an address that kctl does not speak
                self._own = (url, None)
        return self._own[1]

    def close(self) -> None:
        if self._own[1] is not None:
            self._own[1].close()
        self._own = ("", None)


def is_ready(node: Object) -> bool:
    return any(
        each.get("type") == "Ready" and each.get("status") == "True"
        for each in (node.get("status") or {}).get("conditions") or ()
    )
