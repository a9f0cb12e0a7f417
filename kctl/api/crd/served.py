"""The kinds that a control plane serves now: the fixed ones, and those of its definitions.

A definition counts from the moment that it is stored, whoever stored it: every question
looks first whether the log knows of a newer one, which costs a read of the newest revision
while nothing at all was written, and one indexed read otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from kctl.api.crd.kinds import RESOURCE, kinds
from kctl.api.encode import decode
from kctl.api.kind import Kind, Object
from kctl.api.registry import Kinds
from kctl.store.types import Compacted, FutureRevision, Page, Record


class Log(Protocol):
    """What of a back end this needs."""

    def revision(self) -> int: ...

    def list(self, resource: str, namespace: str | None = None, /) -> Page: ...

    def changes(self, since: int, *, resource: str | None = None, limit: int = 0) -> Any: ...


class ServedKinds(Kinds):
    """`Kinds` that follow the definitions in a back end. Threads may share it.

    `on_change` is called with the new kinds whenever there are other ones, and at first.
    """

    def __init__(
        self,
        fixed: Iterable[Kind],
        log: Log,
        on_change: Callable[[Kinds], None] = lambda kinds: None,
    ) -> None:
        self._fixed, self._log, self._on_change = tuple(fixed), log, on_change
        self._lock = threading.Lock()
        self._seen = -1
        self._made: dict[str, tuple[int, list[Kind]]] = {}
        """definition -> its revision, its kinds"""
        self._now = Kinds(self._fixed)

    def current(self) -> Kinds:
        newest = self._log.revision()
        if newest == self._seen:
            return self._now
        with self._lock:
            if self._has_news():
                self._reload()
            self._seen = newest
            return self._now

    def _has_news(self) -> bool:
        if self._seen < 0:
            return True
        try:
            return bool(self._log.changes(self._seen, resource=RESOURCE, limit=1))
        except (Compacted, FutureRevision):
            return True

    def _reload(self) -> None:
        made = {
            record.key.name: self._kinds_of(record) for record in self._log.list(RESOURCE).records
        }
        first = self._seen < 0
        if made == self._made and not first:
            return
        self._made = made
        extra = [kind for _, found in made.values() for kind in found]
        signature = catalog_signature(revision for revision, _ in made.values())
        self._now = Kinds(with_definitions(self._fixed, extra), signature)
        self._on_change(self._now)

    def _kinds_of(self, record: Record) -> tuple[int, list[Kind]]:
        known = self._made.get(record.key.name)
        if known is not None and known[0] == record.revision:
            return known
        return record.revision, kinds(decode(record))

    # --- what Kinds answers, as of now ---

    def __iter__(self) -> Iterator[Kind]:
        return iter(self.current())

    def __len__(self) -> int:
        return len(self.current())

    def resources(self) -> list[Kind]:
        return self.current().resources()

    def resolve(self, word: str) -> Kind | None:
        return self.current().resolve(word)

    def of(self, obj: Object) -> Kind:
        return self.current().of(obj)

    def by_resource(self, resource: str) -> Kind:
        return self.current().by_resource(resource)

    def served(self, group: str, version: str, plural: str) -> Kind | None:
        return self.current().served(group, version, plural)

    def has_version(self, group: str, version: str) -> bool:
        return self.current().has_version(group, version)

    def category(self, word: str) -> list[Kind]:
        return self.current().category(word)

    def catalog(self) -> str:
        return self.current().catalog()


def with_definitions(fixed: Iterable[Kind], extra: Iterable[Kind]) -> list[Kind]:
    """The fixed kinds, and of the others those whose resource is not among them."""
    found = list(fixed)
    taken = {each.resource for each in found}
    return found + [each for each in extra if each.resource not in taken]


def catalog_signature(revisions: Iterable[int]) -> str:
    """What the light reader compares: how many definitions there are, and the newest
    revision of one ("2/117")."""
    listed = list(revisions)
    return f"{len(listed)}/{max(listed, default=0)}"
