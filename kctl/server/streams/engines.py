"""The engines behind the nodes, for all requests: kept open, and asked on threads.

A question to an engine blocks; these threads are nobody else's, so that a host that does not
answer holds up no other request, and streams themselves take none: they are sockets of the
event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import ParamSpec, Protocol, TypeVar

from kctl.api.kind import Object
from kctl.plugins.manager import Plugins
from kctl.reconcile.hosts import Hosts
from kctl.runtime.threads import Threads
from kctl.runtime.types import HostUnreachable, Runtime

AT_ONCE = 64
"""Questions to engines that wait for an answer."""
P = ParamSpec("P")
T = TypeVar("T")


class Closable(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


class Engines:
    """Runtimes by the names of nodes. Safe to use from several threads."""

    def __init__(
        self,
        plugins: Plugins,
        settings: Callable[[], Mapping[str, str]],
        node: Callable[[str], Object | None],
    ) -> None:
        """`settings` answers those of the control plane, `node` an object of the store."""
        self._plugins, self._settings, self._node = plugins, settings, node
        self._known: dict[str, tuple[str, Runtime]] = {}
        self._lock = threading.Lock()
        self._threads = Threads(AT_ONCE, "engines")
        self._hosts: Hosts | None = None

    def of(self, pod: Object) -> Runtime:
        """The engine of the node that a pod is bound to. Raises HostUnreachable for a node
        without a host. Does not block."""
        return self.named(pod["spec"].get("nodeName") or "")

    def named(self, name: str) -> Runtime:
        """The engine of a node by its name. Raises HostUnreachable. Does not block."""
        node = self._node(name)
        with self._lock:
            if self._hosts is None:
                self._hosts = Hosts(self._plugins, self._settings())
            url = self._hosts.url(node) if node is not None else ""
            known = self._known.get(name)
            if known is not None and known[0] == url:
                return known[1]
            if known is not None:
                del self._known[name]
                self._threads.submit(known[1].close)
            if not url:
                raise HostUnreachable(f'node "{name}" has no host')
            try:
                runtime = self._hosts.connect(url, name)
            except ValueError as error:
                raise HostUnreachable(str(error)) from None
            self._known[name] = (url, runtime)
            return runtime

    async def ask(self, question: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What a call that blocks answers."""
        return await asyncio.wrap_future(self._threads.submit(question, *args, **named))

    async def opened(self, make: Callable[P, C], *args: P.args, **named: P.kwargs) -> C:
        """The same for something that has to be closed: it is, where nobody waits for it any
        more once it is there."""
        future = self._threads.submit(make, *args, **named)
        try:
            return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            future.add_done_callback(_close)
            raise

    def close(self) -> None:
        with self._lock:
            known, self._known = list(self._known.values()), {}
            hosts, self._hosts = self._hosts, None
        for _, runtime in known:
            runtime.close()
        if hosts is not None:
            hosts.close()
        self._threads.close()


def _close(future: Future[C]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().close()
