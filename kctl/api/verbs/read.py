"""Get, list and watch."""

from __future__ import annotations

import base64
import binascii
import gc
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

import orjson

from kctl.api import errors
from kctl.api.context import Context
from kctl.api.encode import beginning, behind, decode
from kctl.api.kind import Kind, Object
from kctl.api.selectors import FieldSelector, Selector, SelectorError, parse_fields, parse_labels
from kctl.store.types import Change, Compacted, FutureRevision, Key, Page, Record

CONTINUE_VERSION = "meta.k8s.io/v1"
EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can "
    "start a new list without the continue parameter, or use the continue token in this "
    "response to retrieve the remainder of the results. Continuing with the provided token "
    "results in an inconsistent list - objects that were created, modified, or deleted "
    "between the time the first chunk was returned and now may show up in the list."
)


class ObjectList:
    """What list answers: `records` in key order as of `revision`.

    `items` decodes them all when it is first asked for. `continue_` is the token for the
    next page, "" on the last; `remaining` how many objects come after this page, None
    where a selector makes that unknown.
    """

    def __init__(
        self,
        kind: Kind,
        records: Sequence[Record],
        revision: int,
        continue_: str = "",
        remaining: int | None = 0,
    ) -> None:
        self.kind, self.records, self.revision = kind, records, revision
        self.continue_, self.remaining = continue_, remaining

    def __len__(self) -> int:
        return len(self.records)

    @cached_property
    def items(self) -> list[Object]:
        return decode_all(self.records, self.kind)

    def metadata(self) -> dict[str, Any]:
        """The ListMeta."""
        meta: dict[str, Any] = {"resourceVersion": str(self.revision)}
        if self.continue_:
            meta["continue"] = self.continue_
            if self.remaining:
                meta["remainingItemCount"] = self.remaining
        return meta

    def json(self) -> bytes:
        """The list as JSON, made of the stored texts without decoding them."""
        head = own = beginning(self.kind)
        parts = [
            b'{"kind":"%bList","apiVersion":"%b","metadata":%b,"items":['
            % (
                self.kind.kind.encode(),
                self.kind.api_version.encode(),
                orjson.dumps(self.metadata()),
            )
        ]
        if self.kind.from_stored is not None:
            parts.append(b",".join(as_json(self.kind, record) for record in self.records) + b"]}")
            return b"".join(parts)
        for record in self.records:  # one join at the end copies each text once
            text = behind(own, record.value)
            parts += (b'%b"resourceVersion":"%d",' % (head, record.revision), text)
            head = b"," + own
        parts.append(b"]}")
        return b"".join(parts)


def as_json(kind: Kind, record: Record) -> bytes:
    """One object with its resourceVersion, as it stands in `ObjectList.json`."""
    if kind.from_stored is not None:
        return orjson.dumps(decode(record, kind))
    head = beginning(kind)
    value = behind(head, record.value)
    return b'%b"resourceVersion":"%d",%b' % (head, record.revision, value)


def decode_all(records: Sequence[Record], kind: Kind | None = None) -> list[Object]:
    """Every object. The cyclic collector rests meanwhile: decoded JSON holds no cycles, and
    looking for them again and again takes as long as the decoding."""
    was_on = gc.isenabled() and len(records) > 100
    if was_on:
        gc.disable()
    try:
        return [decode(record, kind) for record in records]
    finally:
        if was_on:
            gc.enable()


_EMPTY: Object = {"metadata": {"name": ""}, "spec": {}, "status": {}}
"""Enough of an object for the names of the fields that select it."""


class Selection:
    """A label and a field selector over one kind."""

    def __init__(self, kind: Kind, label_selector: str, field_selector: str) -> None:
        self._kind = kind
        self._labels: Selector | None = parse_labels(label_selector) if label_selector else None
        self._fields: FieldSelector | None = (
            parse_fields(field_selector) if field_selector else None
        )
        if self._labels is not None and not self._labels.requirements:
            self._labels = None
        if self._fields is not None and not self._fields.requirements:
            self._fields = None

    def __bool__(self) -> bool:
        return self._labels is not None or self._fields is not None

    def check(self) -> None:
        """Raises SelectorError for a field that the kind does not let select."""
        if self._fields is not None:
            value = self._value_of(_EMPTY)
            for each in self._fields.requirements:
                value(each.field)

    def matches(self, obj: Object) -> bool:
        """Raises SelectorError for a field that the kind does not let select."""
        if self._labels is not None and not self._labels.matches(obj["metadata"].get("labels")):
            return False
        return self._fields is None or self._fields.matches(self._value_of(obj))

    def _value_of(self, obj: Object) -> Callable[[str], str]:
        meta = obj["metadata"]
        fields: dict[str, str] = {
            "metadata.name": meta["name"],
            "metadata.namespace": meta.get("namespace", ""),
            **self._kind.selectable(obj),
        }

        def value(name: str) -> str:
            if name not in fields:
                raise SelectorError(f"field label not supported: {name}")
            return fields[name]

        return value


def list_objects(
    context: Context,
    kind: Kind,
    namespace: str | None,
    selection: Selection,
    limit: int,
    continue_: str,
    revision: int | None,
) -> ObjectList:
    """One page. Raises ApiError: 400 for a bad token, 410 for a revision that is gone."""
    selection.check()
    after: Key | None = None
    if continue_:
        if revision is not None:
            raise errors.bad_request(
                "specifying resource version is not allowed when using continue"
            )
        revision, after = _read_token(kind, continue_)
    scope = namespace if kind.namespaced and namespace else None
    if not selection:
        page = _page(context, kind, scope, limit, after, revision)
        remaining = page.remaining
        records = page.records
        at = page.revision
    else:
        page = _page(context, kind, scope, 0, after, revision)
        matching = [record for record in page.records if selection.matches(decode(record))]
        at = page.revision
        remaining = max(len(matching) - limit, 0) if limit else 0
        records = matching[:limit] if limit else matching
    token = _token(at, records[-1].key) if remaining and records else ""
    return ObjectList(kind, records, at, token, None if selection else remaining)


def _page(
    context: Context,
    kind: Kind,
    namespace: str | None,
    limit: int,
    after: Key | None,
    revision: int | None,
) -> Page:
    try:
        return context.backend.list(
            kind.resource, namespace, limit=limit, after=after, revision=revision
        )
    except Compacted as error:
        if after is not None:
            raise errors.gone(EXPIRED) from None
        raise errors.gone(too_old(error)) from None
    except FutureRevision as error:
        raise errors.ApiError(504, "Timeout", str(error)) from None


def too_old(error: Compacted) -> str:
    return f"too old resource version: {error.requested} ({error.oldest})"


def _token(revision: int, last: Key) -> str:
    start = f"{last.namespace}/{last.name}" if last.namespace else last.name
    body = {"v": CONTINUE_VERSION, "rv": revision, "start": f"{start}\0"}
    return base64.urlsafe_b64encode(orjson.dumps(body)).decode().rstrip("=")


def _read_token(kind: Kind, token: str) -> tuple[int, Key]:
    try:
        body = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        revision, start = int(body["rv"]), str(body["start"])
        if body["v"] != CONTINUE_VERSION or not start.endswith("\0"):
            raise ValueError(token)
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise errors.bad_request(f"continue key is not valid: {error}") from None
    namespace, _, name = start[:-1].rpartition("/")
    return revision, Key(kind.resource, namespace, name)


# --- watch ---


class WatchEvent(NamedTuple):
    """One change. `obj` carries the revision of the change as its resourceVersion, also
    where it is the last state of a deleted object."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    obj: Object
    revision: int


class Log(Protocol):
    """What a back end needs beside `Backend` to be watched; the store has it."""

    def changes(
        self,
        since: int,
        *,
        resource: str | None = None,
        namespace: str | None = None,
        limit: int = 0,
    ) -> Sequence[Change]: ...


def watch(
    context: Context, kind: Kind, namespace: str | None, since: int, selection: Selection
) -> Iterator[WatchEvent]:
    """What is new since `since`. An object that starts to match the selectors is ADDED, one
    that stops to match is DELETED. Raises ApiError 410 where the log was compacted."""
    log: Any = context.backend
    scope = namespace if kind.namespaced and namespace else None
    try:
        found = log.changes(since, resource=kind.resource, namespace=scope)
    except Compacted as error:
        raise errors.gone(too_old(error)) from None
    except FutureRevision as error:
        raise errors.ApiError(504, "Timeout", str(error)) from None
    return iter([event for change in found if (event := event_of(change, selection)) is not None])


def event_of(change: Change, selection: Selection) -> WatchEvent | None:
    """What a watch with a selection tells of a change; None where it concerns nothing that is
    or was selected. Raises SelectorError."""
    obj = _with_revision(change.value, change.revision)
    matches = not selection or selection.matches(obj)
    if change.type != "MODIFIED" or not selection:
        return WatchEvent(change.type, obj, change.revision) if matches else None
    matched = change.previous is not None and selection.matches(orjson.loads(change.previous))
    if matches:
        return WatchEvent("MODIFIED" if matched else "ADDED", obj, change.revision)
    if matched and change.previous is not None:
        last = _with_revision(change.previous, change.revision)
        return WatchEvent("DELETED", last, change.revision)
    return None


def _with_revision(value: bytes, revision: int) -> Object:
    obj: Object = orjson.loads(value)
    obj["metadata"]["resourceVersion"] = str(revision)
    return obj
