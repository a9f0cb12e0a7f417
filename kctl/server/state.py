"""What all requests of a server share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from kctl.api.api import Api
from kctl.api.encode import decode
from kctl.api.kind import Kind, Object
from kctl.api.openapi import Documents
from kctl.api.registry import Kinds
from kctl.api.user import User
from kctl.reconcile.plane import Plane
from kctl.server import discovery
from kctl.server.auth.pki import Pki, ensure
from kctl.server.health import Check
from kctl.server.hub import Hub
from kctl.server.limits import Seats, Turns
from kctl.server.publish import Place, publish
from kctl.server.rows import Rows
from kctl.server.security import Security
from kctl.server.streams.engines import Engines
from kctl.store.types import Key, StoreError

if TYPE_CHECKING:
    from kctl.server.call import Call
    from kctl.server.metrics import Metrics

WARNINGS: ContextVar[list[str] | None] = ContextVar("warnings", default=None)
"""Where the warnings of the request at hand go."""


def _warn(message: str) -> None:
    found = WARNINGS.get()
    if found is not None:
        found.append(message)


AUTHOR: ContextVar[Call | None] = ContextVar("author", default=None)
"""The request on whose behalf the store is written."""


def _author() -> str:
    """How the audit trail names the request at hand."""
    call = AUTHOR.get()
    if call is None:
        return ""
    said = {
        "user": call.user.name,
        "verb": call.info.verb,
        "agent": call.headers.get("user-agent", "").partition(" ")[0],
        "from": call.address,
    }
    if call.info.subresource:
        said["subresource"] = call.info.subresource
    return orjson.dumps(said).decode()


class Server:
    """Three doors to one database: `api` writes, on threads; `reads` is for single objects, on
    the event loop, which must not wait for a writer's disk; `lists` reads many at once."""

    def __init__(
        self,
        home: Path,
        pki: Pki,
        users: Mapping[bytes, User] = {},
        *,
        url: str | None = None,
        debug: bool = False,
    ) -> None:
        """`users` are those of a static token file."""
        self.debug = debug
        self.seats = Seats()
        self.turns = Turns()
        self.rows = Rows()
        self.plane = Plane.open(home, url=url, warn=_warn)
        self.plane.store.author = _author
        self.plane.store.read_beside()
        self._quick = Plane.open(home, url=url, warn=_warn)
        self._long = Plane.open(home, url=url, warn=_warn)
        self.store = self._quick.store
        """for reads on the event loop"""
        self.lists_store = self._long.store
        self.hub = Hub(self._long.store)
        self.security = Security(self._quick, pki, users)
        self.hub.listeners.append(self.security.note)
        self.engines = Engines(self.plane.plugins, lambda: self.plane.settings, self._node)
        self.checks: dict[str, Check] = {"ping": lambda: "", "store": self._store_fails}
        self._discovery: dict[tuple[bool, str], Object] = {}
        self._discovered: Kinds | None = None
        self._documents: tuple[Kinds, Documents] | None = None

    def publish(self, place: Place) -> None:
        """Lead pods here: from now on the certificate names what they reach the server by.
        Raises ApiError, StoreError, PkiError, OSError."""
        service = publish(self.plane, place, self.security.pki.ca)
        ensure(self.plane.home, [place.address, service])

    @property
    def api(self) -> Api:
        return self.plane.api

    @property
    def reads(self) -> Api:
        return self._quick.api

    @property
    def lists(self) -> Api:
        return self._long.api

    @property
    def kinds(self) -> Kinds:
        return self._quick.kinds

    def now(self) -> float:
        return time.time()

    def kind(self, group: str, version: str, plural: str) -> Kind | None:
        return self.kinds.served(group, version, plural)

    def has_version(self, group: str, version: str) -> bool:
        return self.kinds.has_version(group, version)

    def discovery(self, *, core: bool, form: str) -> Object:
        """The aggregated document, made once for the kinds of the moment."""
        kinds = self.kinds.current()
        if kinds is not self._discovered:
            self._discovery, self._discovered = {}, kinds
        found = self._discovery.get((core, form))
        if found is None:
            from kctl.server import accounts, metrics

            more = (*accounts.groups(), metrics.group())
            found = discovery.aggregated(kinds, more, core=core, form=form)
            self._discovery[core, form] = found
        return found

    def openapi(self) -> Documents:
        """For the kinds of the moment."""
        kinds = self.kinds.current()
        if self._documents is None or self._documents[0] is not kinds:
            from kctl.server import metrics
            from kctl.server.auth.reviews import KINDS

            virtual = {
                **dict.fromkeys(KINDS, ("create",)),
                **dict.fromkeys((metrics.NODES, metrics.PODS), ("get", "list")),
            }
            made = Documents(kinds, subresources=discovery.subresources, virtual=virtual)
            self._documents = (kinds, made)
        return self._documents[1]

    @cached_property
    def metrics(self) -> Metrics:
        from kctl.server.metrics import Metrics

        return Metrics(self)

    def _node(self, name: str) -> Object | None:
        record = self.store.get(Key("nodes", "", name))
        return decode(record) if record is not None else None

    def _store_fails(self) -> str:
        try:
            self.store.revision()
        except StoreError as error:
            return str(error)
        return ""

    def exists(self, kind: Kind, namespace: str, name: str) -> bool:
        key = Key(kind.resource, namespace if kind.namespaced else "", name)
        return self.store.get(key) is not None

    def close(self) -> None:
        self.hub.join()
        if "metrics" in self.__dict__:
            self.metrics.close()
        self.engines.close()
        self.plane.close()
        self._quick.close()
        self._long.close()
