"""Watch: the changes of a resource as a stream of JSON lines."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from kctl.api.encode import beginning
from kctl.api.errors import ApiError, gone
from kctl.api.kind import Kind, Object
from kctl.api.verbs.read import ObjectList, Selection, event_of, too_old
from kctl.server.call import Call
from kctl.server.hub import Shared, Subscription
from kctl.server.negotiate import Shape, shape
from kctl.server.options import ListOptions, list_options
from kctl.server.respond import encode, head
from kctl.server.shapes import shaped, table
from kctl.store.types import Change, Compacted

LONGEST = (1800, 3600)
"""Seconds that a watch lasts whose client names no time, at random between these."""
BOOKMARK_SECONDS = 50.0
PIECE = 64 * 1024
"""Bytes that are written at once."""
INITIAL_EVENTS_END = "k8s.io/initial-events-end"


async def watch(call: Call, kind: Kind) -> Response:
    """Raises ApiError for options that make no sense; what goes wrong later is an event."""
    options = list_options(call, watch=True)
    form = shape(call.headers, call.query)
    selection = Selection(kind, options.labels, options.fields)
    selection.check()
    stream = Watch(call, kind, options, form, selection)
    return StreamingResponse(stream.lines(), 200, head(call), form.media)


class Watch:
    """One client's watch, from its first event to its end."""

    def __init__(
        self, call: Call, kind: Kind, options: ListOptions, form: Shape, selection: Selection
    ) -> None:
        self.call, self.kind, self.options = call, kind, options
        self.form, self.selection = form._replace(pretty=False), selection
        self.ends = time.monotonic() + (options.timeout or random.uniform(*LONGEST))
        self._columns_sent = False
        self._bookmarked = time.monotonic()

    async def lines(self) -> AsyncIterator[bytes]:
        namespace = self.call.info.namespace if self.kind.namespaced else ""
        place = self.call.server.hub.subscribe(self.kind.resource, namespace)
        try:
            try:
                async for line in self._beginning(place):
                    yield line
                async for line in self._changes(place):
                    yield line
            except ApiError as error:
                yield self._line("ERROR", error.status)
        finally:
            place.close()

    # --- what there is already ---

    async def _beginning(self, place: Subscription) -> AsyncIterator[bytes]:
        options = self.options
        if options.initial_events or (options.since is None and not self._from_now()):
            found = await self.call.blocking(self._listed)
            for batch in _batches(found):
                yield b"".join(self._initial(each) for each in batch)
            place.since = found.revision
            if options.initial_events:
                yield self._bookmark(found.revision, {INITIAL_EVENTS_END: "true"})
        elif options.since is not None:
            changes = await self.call.blocking(self._missed, options.since, place.namespace)
            place.since = max(options.since, changes[-1].revision if changes else 0)
            for change in changes:
                if line := self._event(Shared(change)):
                    yield line
        place.revision = max(place.revision, place.since)

    def _from_now(self) -> bool:
        """sendInitialEvents=false without a revision: only what happens from now on."""
        return "sendInitialEvents" in self.call.query and not self.options.initial_events

    def _listed(self) -> ObjectList:
        return self.call.server.lists.list(
            self.kind,
            self.call.info.namespace or None,
            label_selector=self.options.labels,
            field_selector=self.options.fields,
        )

    def _initial(self, obj: Object) -> bytes:
        return self._line("ADDED", self._shown(obj))

    def _missed(self, since: int, namespace: str) -> list[Change]:
        try:
            return self.call.server.lists_store.changes(
                since, resource=self.kind.resource, namespace=namespace or None
            )
        except Compacted as error:
            raise gone(too_old(error)) from None

    # --- what happens then ---

    async def _changes(self, place: Subscription) -> AsyncIterator[bytes]:
        while not place.ended:
            left = self.ends - time.monotonic()
            if left <= 0:
                break
            news = await place.next(min(left, self._bookmark_due()))
            lines = [self._event(each) for each in news if each.change.revision > place.since]
            del news
            for told in _joined(lines):
                yield told
            if self.options.bookmarks and self._bookmark_due() <= 0:
                yield self._bookmark(place.revision)
        if place.ended in ("slow", "lost"):
            raise gone(f"the watch fell behind ({place.ended}); start again with a list")
        if self.options.bookmarks:
            yield self._bookmark(place.revision)

    def _bookmark_due(self) -> float:
        if not self.options.bookmarks:
            return float(LONGEST[1])
        return max(self._bookmarked + BOOKMARK_SECONDS - time.monotonic(), 0.0)

    def _event(self, shared: Shared) -> bytes:
        """The line of a change; b"" where it does not concern the selection. Watches of the
        same shape without a selection share it."""
        if self.selection:
            return self._selected(shared.change)
        made: bytes = shared.once((self.form, self._columns_sent, self.kind.version), self._whole)
        self._columns_sent = True
        return made

    def _whole(self, change: Change) -> bytes:
        if not self.form.plain:
            return self._selected(change)
        start = beginning(self.kind)
        value = change.value
        if not value.startswith(start):  # stored in another version of its group
            return self._selected(change)
        rest = value[len(start) :]
        return b'{"type":"%b","object":%b"resourceVersion":"%d",%b}\n' % (
            change.type.encode(),
            start,
            change.revision,
            rest,
        )

    def _selected(self, change: Change) -> bytes:
        event = event_of(change, self.selection)
        return self._line(event.type, self._shown(event.obj)) if event is not None else b""

    def _shown(self, obj: Object) -> Object:
        if self.kind.from_stored is not None and obj["apiVersion"] != self.kind.api_version:
            obj = self.kind.from_stored(obj)
        obj["apiVersion"] = self.kind.api_version
        now = self.call.server.now()
        if self.form.kind != "Table":
            return shaped(self.kind, obj, self.form, now)
        meta = {"resourceVersion": obj["metadata"]["resourceVersion"]}
        first, self._columns_sent = not self._columns_sent, True
        return table(self.kind, [obj], meta, self.form, now, columns=first)

    def _bookmark(self, revision: int, annotations: dict[str, str] | None = None) -> bytes:
        """A revision from which the watch can go on, and nothing else."""
        self._bookmarked = time.monotonic()
        meta: Object = {"resourceVersion": str(revision), "creationTimestamp": None}
        if annotations:
            meta["annotations"] = annotations
        if self.form.kind == "Table":
            shown: Any = table(self.kind, [], meta, self.form, 0.0, columns=False)
        else:
            obj = {"kind": self.kind.kind, "apiVersion": self.kind.api_version, "metadata": meta}
            shown = shaped(self.kind, obj, self.form, 0.0)
        return self._line("BOOKMARK", shown)

    def _line(self, type_: str, obj: Object) -> bytes:
        event = {"type": type_, "object": obj}
        if self.form.media == Shape().media:
            return orjson.dumps(event) + b"\n"
        return encode(event, self.form) + b"---\n"


def _joined(lines: list[bytes]) -> Iterator[bytes]:
    """The lines in pieces of a size that one write takes; they are let go of as they go."""
    piece: list[bytes] = []
    size = 0
    for at, line in enumerate(lines):
        lines[at] = b""
        piece.append(line)
        size += len(line)
        if size >= PIECE:
            yield b"".join(piece)
            piece, size = [], 0
    if size:
        yield b"".join(piece)


def _batches(found: ObjectList, size: int = 200) -> list[list[Object]]:
    items = found.items
    return [items[at : at + size] for at in range(0, len(items), size)]
