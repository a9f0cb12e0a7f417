"""An object of any built-in type as the protobuf body that a Go client would send.

Fields stand in the order of their numbers, maps in the order of their keys, and a field
that is no pointer is written also where it is zero, as gogo's encoders do: the bytes of
what kubectl sent are made again from what they were decoded to.
"""

from __future__ import annotations

import struct
from typing import Any

from kctl.api.errors import bad_request
from kctl.api.kind import Object
from kctl.api.protobuf.alternatives import JOINED, split
from kctl.api.protobuf.table import MAGIC, Field, message, message_of
from kctl.api.protobuf.values import VARINTS, WRITERS, ZERO
from kctl.api.protobuf.wire import FIXED64, LENGTH, VARINT, tagged, varint


def encode(obj: Object) -> bytes:
    """The whole body with its envelope. Raises ApiError 400 for an object of a type that
    the table does not know, or whose fields are not of their types."""
    api_version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
    name = message_of(api_version, kind)
    if name is None:
        raise bad_request(f'no kind "{kind}" is registered for version "{api_version}"')
    try:
        raw = write(name, obj)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise bad_request(f"{kind} cannot be encoded as protobuf: {error}") from None
    type_meta = tagged(1, LENGTH, api_version.encode()) + tagged(2, LENGTH, kind.encode())
    return (
        MAGIC
        + tagged(1, LENGTH, type_meta)
        + tagged(2, LENGTH, raw)
        + tagged(3, LENGTH, b"")
        + tagged(4, LENGTH, b"")
    )


def write(name: str, obj: Object) -> bytes:
    """A message alone. Raises what a value of a wrong type raises."""
    fields = sorted(message(name).values())
    return b"".join(_field(field, obj) for field in fields)


def _field(field: Field, obj: Object) -> bytes:
    if field.inline:
        return tagged(field.number, LENGTH, write(field.type, obj))
    value = obj.get(field.name)
    if field.shape == "[]":
        return b"".join(_one(field, each) for each in value or ())
    if field.shape == "{}":
        return b"".join(_entry(field, key, each) for key, each in sorted((value or {}).items()))
    if value is None or (value == "" and field.type == "y"):
        return _unset(field)
    return _one(field, value)


def _unset(field: Field) -> bytes:
    """What stands for a field that the object does not have."""
    if field.pointer or field.type == "y":
        return b""
    if field.is_message:
        return _one(field, {})
    if field.type in ZERO:
        return _one(field, ZERO[field.type])
    return tagged(field.number, LENGTH, b"")


def _one(field: Field, value: Any) -> bytes:
    if field.type in JOINED:
        value = split(field.type, value)
    if field.is_message:
        return tagged(field.number, LENGTH, write(field.type, value or {}))
    if field.type in VARINTS:
        return tagged(field.number, VARINT, varint(int(value)))
    if field.type == "f":
        return tagged(field.number, FIXED64, struct.pack("<d", value))
    if value is None:
        return tagged(field.number, LENGTH, b"")
    return tagged(field.number, LENGTH, WRITERS[field.type](value))


def _entry(field: Field, key: str, value: Any) -> bytes:
    unnumbered = field._replace(number=2)
    return tagged(field.number, LENGTH, tagged(1, LENGTH, key.encode()) + _one(unnumbered, value))
