"""An OpenAPI 2.0 document in the protobuf of gnostic's openapi.v2 messages.

kubectl asks for version 2 in this form alone. Definitions are complete: its explain
(`-o plaintext-openapiv2`), its client-side validation and the merge keys of its patches
come from them. Of the paths it reads nothing, so they are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from kctl.api.protobuf.wire import LENGTH, VARINT, tagged, varint

Schema = Mapping[str, Any]
_TEXTS = {"$ref": 1, "format": 2, "title": 3, "description": 4}
_REQUIRED, _ADDITIONAL, _TYPE, _ITEMS, _PROPERTIES, _EXTENSION = 19, 21, 22, 23, 25, 31
_DEFAULT = 5


def encode(document: Schema) -> bytes:
    """The bytes of a Document message."""
    info = _text(1, document["info"]["title"]) + _text(2, document["info"]["version"])
    definitions = b"".join(
        _message(1, _named(name, schema(each))) for name, each in document["definitions"].items()
    )
    return (
        _text(1, document["swagger"])
        + _message(2, info)
        + _message(8, b"")
        + _message(9, definitions)
    )


def schema(of: Schema) -> bytes:
    """A Schema message, in the order of its numbers."""
    parts = [_text(number, of[key]) for key, number in _TEXTS.items() if key in of]
    if "default" in of:
        parts.append(_message(_DEFAULT, _any(of["default"])))
    parts.extend(_text(_REQUIRED, name) for name in of.get("required", ()))
    extra = of.get("additionalProperties")
    if isinstance(extra, Mapping):
        parts.append(_message(_ADDITIONAL, _message(1, schema(extra))))
    elif extra is not None:
        parts.append(_message(_ADDITIONAL, tagged(2, VARINT, varint(int(extra)))))
    if "type" in of:
        parts.append(_message(_TYPE, _text(1, of["type"])))
    if "items" in of:
        parts.append(_message(_ITEMS, _message(1, schema(of["items"]))))
    if "properties" in of:
        named = (_message(1, _named(key, schema(each))) for key, each in of["properties"].items())
        parts.append(_message(_PROPERTIES, b"".join(named)))
    for key in of:
        if key.startswith("x-"):
            parts.append(_message(_EXTENSION, _named(key, _any(of[key]))))
    return b"".join(parts)


def _any(value: Any) -> bytes:
    """A value of any shape stands as YAML text, of which JSON is a part."""
    return _text(2, orjson.dumps(value).decode() + "\n")


def _named(name: str, value: bytes) -> bytes:
    return _text(1, name) + _message(2, value)


def _text(number: int, text: str) -> bytes:
    return tagged(number, LENGTH, text.encode())


def _message(number: int, value: bytes) -> bytes:
    return tagged(number, LENGTH, value)
