"""The nodes that an image command is about, and what is done on all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.reconcile.hosts import Hosts
from kctl.reconcile.image_sources import engine_url, is_ready
from kctl.runtime.image_archive import BadArchive
from kctl.runtime.image_types import ImageError, ImageStore
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable

Object = dict[str, Any]
T = TypeVar("T")

AT_ONCE = 8
FAILURES = (HostUnreachable, ImageError, BadArchive)
"""What may go wrong on one node without harm to the others."""


@dataclass(frozen=True)
class Target:
    """One node."""

    name: str
    images: ImageStore


class Engines:
    """The engines of the nodes, and this machine's own. Close it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._nodes: list[Object] = list(ctx.plane.api.list("nodes").items)
        self._hosts = Hosts(ctx.plane.plugins, ctx.plane.settings)
        self._hosts.use(self._nodes)
        self.failures = 0

    def chosen(self, args: Args) -> list[Target]:
        """By --nodes, by -l, or all that are ready. Raises the API's NotFound, and
        UsageError where that is nobody."""
        if args["nodes"] and args["selector"]:
            raise UsageError("cannot specify both --nodes and a --selector option")
        if args["nodes"]:
            return self._reachable([self._node(name) for name in dict.fromkeys(args["nodes"])])
        nodes = self._nodes
        if args["selector"]:
            from kctl.commands.selecting import label_test

            fits = label_test(args["selector"])
            nodes = [each for each in nodes if fits(each["metadata"].get("labels") or {})]
        for each in nodes:
            if not is_ready(each):
                self._ctx.warn(f'node "{each["metadata"]["name"]}" is not ready: left out')
        ready = [each["metadata"]["name"] for each in nodes if is_ready(each)]
        if not ready:
            raise UsageError("there is no node that is ready")
        return self._reachable(ready)

    def _reachable(self, names: list[str]) -> list[Target]:
        targets = []
        for name in sorted(names):
            try:
                targets.append(Target(name, self._hosts.runtime(name).images))
            except HostUnreachable as error:
                self.fail(name, error)
        return targets

    def _node(self, name: str) -> str:
        from kctl.api.errors import not_found

        if not any(each["metadata"]["name"] == name for each in self._nodes):
            raise not_found("nodes", name)
        return name

    def source(self, word: str) -> ImageStore:
        """ "local", or the name of a node. Raises UsageError, and the API's NotFound."""
        try:
            if word != "local":
                return self._hosts.runtime(self._node(word)).images
            return self._hosts.connect(engine_url(), "").images
        except (HostUnreachable, ValueError) as error:
            raise UsageError(str(error)) from None

    def on_each(
        self,
        targets: list[Target],
        action: Callable[[Target], T],
        done: Callable[[Target, T], None] | None = None,
    ) -> dict[str, T]:
        """Do something on several nodes at once; results by node. `done` is called in the
        order of the nodes. Failures are told and remembered; the other nodes go on."""
        results = {}
        with Threads(AT_ONCE) as pool:
            for target, future in [(each, pool.submit(action, each)) for each in targets]:
                try:
                    results[target.name] = future.result()
                except FAILURES as error:
                    self.fail(target.name, error)
                    continue
                if done is not None:
                    done(target, results[target.name])
        return results

    def fail(self, node: str, error: Exception) -> None:
        self.failures += 1
        self._ctx.out.flush()
        self._ctx.err.write(f'error: node "{node}": {error}\n')

    def refuse(self, words: str) -> None:
        """Something went wrong with one image on every node."""
        self.failures += 1
        self._ctx.out.flush()
        self._ctx.err.write(f"error: {words}\n")

    def __enter__(self) -> Engines:
        return self

    def __exit__(self, *exc: object) -> None:
        self._hosts.close()

    @property
    def code(self) -> int:
        """The exit code."""
        return 1 if self.failures else 0


def human(size: int, space: str = "") -> str:
    """Bytes as the docker command shows them: 999B, 1.23kB, 45.6MB."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB", "PB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.3g}{space}{units[0]}"


def label(name: str, identity: str = "") -> str:
    """ "image/web:1"; by its short ID where it has no name."""
    return f"image/{name or short(identity)}"


def short(identity: str) -> str:
    """The ID as the docker command shows it."""
    return identity.rpartition(":")[2][:12]
