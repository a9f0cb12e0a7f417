"""What all requests of a server share."""

from __future__ import annotations

import time
from contextvars import ContextVar
from pathlib import Path

from kctl.api.api import Api
from kctl.api.kind import Kind, Object
from kctl.api.registry import Kinds
from kctl.reconcile.plane import Plane
from kctl.server import discovery
from kctl.server.health import Check
from kctl.server.hub import Hub
from kctl.store.types import Key, StoreError

VIRTUAL: tuple[Object, ...] = ()
"""Groups whose resources are asked and never stored."""

WARNINGS: ContextVar[list[str] | None] = ContextVar("warnings", default=None)
"""Where the warnings of the request at hand go."""


def _warn(message: str) -> None:
    found = WARNINGS.get()
    if found is not None:
        found.append(message)


class Server:
    """Two doors to one database: `api` writes and reads single objects, `lists` reads many, so
    that a long list holds up nobody else's connection."""

    def __init__(self, home: Path, url: str | None = None, *, debug: bool = False) -> None:
        self.debug = debug
        self.plane = Plane.open(home, url=url, warn=_warn)
        self._long = Plane.open(home, url=url, warn=_warn)
        self.lists_store = self._long.store
        self.hub = Hub(self._long.store)
        self.checks: dict[str, Check] = {"ping": lambda: "", "store": self._store_fails}
        self._discovery: dict[tuple[bool, str], Object] = {}

    @property
    def api(self) -> Api:
        return self.plane.api

    @property
    def lists(self) -> Api:
        return self._long.api

    @property
    def kinds(self) -> Kinds:
        return self.plane.kinds

    def now(self) -> float:
        return time.time()

    def kind(self, group: str, version: str, plural: str) -> Kind | None:
        return self.kinds.served(group, version, plural)

    def has_version(self, group: str, version: str) -> bool:
        return self.kinds.has_version(group, version)

    def discovery(self, *, core: bool, form: str) -> Object:
        """The aggregated document, made once for the kinds of the moment."""
        found = self._discovery.get((core, form))
        if found is None:
            found = discovery.aggregated(self.kinds, VIRTUAL, core=core, form=form)
            self._discovery[core, form] = found
        return found

    def _store_fails(self) -> str:
        try:
            self.plane.store.revision()
        except StoreError as error:
            return str(error)
        return ""

    def exists(self, kind: Kind, namespace: str, name: str) -> bool:
        key = Key(kind.resource, namespace if kind.namespaced else "", name)
        return self.plane.store.get(key) is not None

    def close(self) -> None:
        self.hub.join()
        self.plane.close()
        self._long.close()
