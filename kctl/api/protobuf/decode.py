"""A protobuf body of any built-in type, to the object that a JSON client would have sent.

The rules of the two encodings meet here: protobuf as Go writes it holds every field that
is no pointer, also where it is zero; JSON drops those of them that are `omitempty`. So a
zero is kept for a pointer, written for a field that JSON always holds, and else dropped.
"""

from __future__ import annotations

from typing import Any

import orjson

from kctl.api.errors import ApiError, bad_request
from kctl.api.kind import Object
from kctl.api.protobuf.alternatives import JOINED
from kctl.api.protobuf.table import MAGIC, Field, always, message, message_of
from kctl.api.protobuf.values import READERS, VARINTS, ZERO, packed, text
from kctl.api.protobuf.wire import (
    FIXED64,
    LENGTH,
    VARINT,
    WireError,
    fields,
    read_double,
)

MAX_DEPTH = 100
"""Messages within messages; the API's own types need some 15, schemas of CRDs more."""
MAX_VALUES = 400_000
"""Messages and elements in one body. Two bytes can be an element that takes 200 in memory."""


def decode(body: bytes, expected: str = "") -> Object:
    """The object of a whole body (the envelope of runtime.Unknown behind `k8s\\0`).

    expected: the kind that the request is about, for the error of a body that tells none.
    Raises ApiError 400 where the bytes are no object of a type that the table knows.
    """
    try:
        api_version, kind, start, stop, content_type = _envelope(body)
    except WireError as error:
        raise _unrecognized(body, expected, str(error)) from None
    if not kind or not api_version:
        missing = "Kind" if not kind else "apiVersion"
        raise _unrecognized(body, expected, f"Object '{missing}' is missing in 'unknown'")
    try:
        found = _payload(body, start, stop, api_version, kind, content_type)
    except WireError as error:
        raise _cannot_be_handled(api_version, kind, expected, str(error)) from None
    return {"apiVersion": api_version, "kind": kind, **found}


def _payload(
    body: bytes, start: int, stop: int, api_version: str, kind: str, content_type: str
) -> Object:
    if content_type.startswith("application/json"):
        return _json_payload(body[start:stop])
    name = message_of(api_version, kind)
    if name is None:
        raise WireError(f'no kind "{kind}" is registered for version "{api_version}"')
    return Decoder(body).message(name, start, stop, {}, MAX_DEPTH)


def _json_payload(raw: bytes) -> Object:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise WireError(str(error)) from None
    if not isinstance(found, dict):
        raise WireError("the JSON within is no object")
    return {key: value for key, value in found.items() if key not in ("apiVersion", "kind")}


def _envelope(body: bytes) -> tuple[str, str, int, int, str]:
    """(apiVersion, kind, start and stop of the message, content type). Raises WireError."""
    if not body:
        raise WireError("empty data")
    if not body.startswith(MAGIC):
        raise WireError(
            "provided data does not appear to be a protobuf message, expected prefix "
            f"[{' '.join(map(str, MAGIC))}]"
        )
    if len(body) == len(MAGIC):
        raise WireError("empty body")
    api_version = kind = encoding = content_type = ""
    start = stop = len(body)
    for number, wire, first, second in fields(body, len(MAGIC), len(body), "Unknown"):
        if number in (1, 2, 3, 4) and wire != LENGTH:
            raise WireError(f"proto: wrong wireType = {wire} for field {_ENVELOPE[number]}")
        if number == 1:
            api_version, kind = _type_meta(body, first, second, api_version, kind)
        elif number == 2:
            start, stop = first, second
        elif number == 3:
            encoding = text(body, first, second)
        elif number == 4:
            content_type = text(body, first, second)
    if encoding:
        raise WireError(f'unsupported content encoding "{encoding}"')
    return api_version, kind, start, stop, content_type


_ENVELOPE = {1: "TypeMeta", 2: "Raw", 3: "ContentEncoding", 4: "ContentType"}


def _type_meta(body: bytes, at: int, end: int, api_version: str, kind: str) -> tuple[str, str]:
    for number, wire, first, second in fields(body, at, end, "TypeMeta"):
        if number in (1, 2) and wire != LENGTH:
            name = "APIVersion" if number == 1 else "Kind"
            raise WireError(f"proto: wrong wireType = {wire} for field {name}")
        if number == 1:
            api_version = text(body, first, second)
        elif number == 2:
            kind = text(body, first, second)
    return api_version, kind


def _cannot_be_handled(api_version: str, kind: str, expected: str, why: str) -> ApiError:
    version = api_version.rpartition("/")[2]
    return bad_request(
        f'{kind} in version "{version}" cannot be handled as a {expected or kind}: {why}'
    )


def _unrecognized(body: bytes, expected: str, why: str) -> ApiError:
    summary = "<empty>"
    if body:
        summary = body[:30].hex() + (" ..." if len(body) > 30 else "")
    of_type = f" (must be of type {expected})" if expected else ""
    return bad_request(f"the object provided is unrecognized{of_type}: {why} ({summary})")


class Decoder:
    """One body, and how much of it may still become values."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_VALUES

    def message(self, name: str, at: int, end: int, into: Object, depth: int) -> Object:
        """The fields of a message, put into `into`: one that stands twice is merged."""
        if depth == 0:
            raise WireError("proto: messages are nested too deeply")
        known = message(name)
        for number, wire, first, second in fields(self._data, at, end, name):
            field = known.get(number)
            if field is None:
                continue
            if field.shape:
                self._count()
                self._collect(field, wire, first, second, into, depth)
            elif field.is_message:
                self._check(field, wire, LENGTH)
                self._count()
                self._below(field, first, second, into, depth)
            elif field.type == "s" and wire == LENGTH:  # two fields in three, so no calls
                value = self._text(first, second)
                if value or field.pointer or field.always:
                    into[field.name] = value
                else:
                    into.pop(field.name, None)
            else:
                self._put(field, self._scalar(field, wire, first, second), into)
        for field in always(name):
            if field.name not in into:
                into[field.name] = ZERO[field.type]
        return into

    def _below(self, field: Field, first: int, second: int, into: Object, depth: int) -> None:
        if field.type in JOINED:
            into[field.name] = self._element(field, first, second, depth)
            return
        below = into if field.inline else into.setdefault(field.name, {})
        self.message(field.type, first, second, below, depth - 1)

    def _element(self, field: Field, first: int, second: int, depth: int) -> Any:
        """A message that stands in a list or map."""
        found = self.message(field.type, first, second, {}, depth - 1)
        return JOINED[field.type](found) if field.type in JOINED else found

    def _text(self, at: int, end: int) -> str:
        try:
            return self._data[at:end].decode()
        except UnicodeDecodeError:
            return text(self._data, at, end)  # says what is wrong

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise WireError(f"proto: the body holds more than {MAX_VALUES} values")

    @staticmethod
    def _check(field: Field, wire: int, wanted: int) -> None:
        if wire != wanted:
            raise WireError(f"proto: wrong wireType = {wire} for field {field.go_name}")

    def _scalar(self, field: Field, wire: int, first: int, second: int) -> Any:
        convert = VARINTS.get(field.type)
        if convert is not None:
            self._check(field, wire, VARINT)
            return convert(first)
        if field.type == "f":
            self._check(field, wire, FIXED64)
            return read_double(self._data, first)
        self._check(field, wire, LENGTH)
        return READERS[field.type](self._data, first, second)

    @staticmethod
    def _put(field: Field, value: Any, into: Object) -> None:
        if value is None or not (
            value or field.pointer or field.always or field.type in _NEVER_DROPPED
        ):
            into.pop(field.name, None)
        else:
            into[field.name] = value

    def _collect(
        self, field: Field, wire: int, first: int, second: int, into: Object, depth: int
    ) -> None:
        """One element of a list or a map."""
        if field.shape == "{}":
            self._check(field, wire, LENGTH)
            key, value = self._entry(field, first, second, depth)
            into.setdefault(field.name, {})[key] = value
            return
        values = into.setdefault(field.name, [])
        if field.type in VARINTS and wire == LENGTH:
            for value in packed(self._data, first, second, VARINTS[field.type]):
                self._count()
                values.append(value)
        elif field.is_message:
            self._check(field, wire, LENGTH)
            values.append(self._element(field, first, second, depth))
        else:
            values.append(self._scalar(field, wire, first, second))

    def _entry(self, field: Field, at: int, end: int, depth: int) -> tuple[str, Any]:
        key, value = "", _empty(field)
        for number, wire, first, second in fields(self._data, at, end, "entry"):
            if number == 1:
                self._check(field, wire, LENGTH)
                key = text(self._data, first, second)
            elif number == 2 and field.is_message:
                self._check(field, wire, LENGTH)
                value = self._element(field, first, second, depth)
            elif number == 2:
                value = self._scalar(field, wire, first, second)
        return key, value


_NEVER_DROPPED = frozenset(("q", "p", "d", "o"))
"""Structs in Go, which `omitempty` never leaves out."""


def _empty(field: Field) -> Any:
    """A map's value that is not told."""
    if field.is_message:
        return {}
    return [] if field.type == "w" else ZERO.get(field.type)
