"""`kctl serve` as a process: the listener, the loop that brings the hosts into line, the end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from kctl.api.authorization.bootstrap import ensure_bootstrap
from kctl.reconcile.log import Log
from kctl.reconcile.notify import notify
from kctl.reconcile.plane import Plane
from kctl.reconcile.watch import Watcher
from kctl.server.app import App
from kctl.server.auth.pki import PkiError
from kctl.server.auth.pod_tokens import PodTokens
from kctl.server.publish import Place
from kctl.server.state import Server

GRACE = 5
"""Seconds that answers on their way have at the end."""
BACKLOG = 1024
SWITCH_SECONDS = 0.001
"""How long a thread may hold the interpreter while another waits: short, so that a pass does
not delay answers (the default is 5 ms)."""


RENEW_SECONDS = 12 * 3600
"""Between two looks at how long the certificates still hold."""


class Reconciler:
    """The watch loop on a thread of its own, with its own door to the database."""

    def __init__(self, home: Path, url: str | None, log: Log) -> None:
        self._plane = Plane.open(home, url=url)
        self._plane.prepare = PodTokens(home).fill
        self._watcher = Watcher(self._plane, log, tell=self._tell)
        self._thread = threading.Thread(target=self._run, name="reconcile")
        self.error = ""

    def start(self) -> None:
        self._thread.start()

    def _tell(self, message: str) -> None:
        """The supervisor's watchdog is this loop's; being ready is the listener's to say."""
        if message == "WATCHDOG=1":
            notify(message)

    def _run(self) -> None:
        try:
            self._watcher.run()
        except Exception as error:  # noqa: BLE001 - the health check tells of it
            self.error = f"{type(error).__name__}: {error}"
            print(f"error: the reconcile loop ended: {self.error}", file=sys.stderr)

    def fails(self) -> str:
        """For the health check."""
        return self.error

    def stop(self) -> None:
        self._watcher.stop()
        self._thread.join()
        self._plane.close()


class Listener(uvicorn.Server):
    """uvicorn's server with kctl's end: watches first, then what is under way."""

    def __init__(self, config: uvicorn.Config, server: Server, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._server, self._ready = server, ready

    async def run_until_stopped(self, sockets: list[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        self._server.hub.start(loop)
        renewals = loop.create_task(self._renew())
        await self._serve(sockets)
        renewals.cancel()

    async def _renew(self) -> None:
        """Certificates end; a server may outlive them."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await asyncio.to_thread(self._server.security.renew)
            except (PkiError, OSError) as error:
                print(f"error: the certificates cannot be renewed: {error}", file=sys.stderr)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def _stop(self) -> None:
        self._server.hub.stop()
        self.force_exit = self.should_exit
        self.should_exit = True


def listen(address: str) -> socket.socket:
    """A listening socket at "HOST:PORT" ("[::1]:6443"; port 0 takes a free one). Raises
    OSError and ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ValueError(f'"{address}" is no address to listen at: HOST:PORT is wanted')
    host = host.removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server((host, int(port)), family=family, backlog=BACKLOG)
    made.setblocking(False)
    return made


def run(
    server: Server,
    bound: socket.socket,
    reconciler: Reconciler | None,
    ready: Callable[[], None],
    place: Place | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Call from the main thread. `place`: where pods reach the
    server, if they do."""
    from kctl.server.protocol import Protocol

    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        App(server),
        http=Protocol,
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=180,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=16 * 1024 * 1024,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
    )
    config.load()
    ensure_bootstrap(server.plane.own)
    if place is not None:
        server.publish(place)
    config.ssl = server.security.context()
    sys.setswitchinterval(SWITCH_SECONDS)
    listener = Listener(config, server, ready)
    if reconciler is not None:
        server.checks["reconcile"] = reconciler.fails
        reconciler.start()
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(listener.run_until_stopped([bound]))
    finally:
        server.hub.stop()
        if reconciler is not None:
            reconciler.stop()
        server.close()
