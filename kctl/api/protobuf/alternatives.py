"""Messages that JSON holds as one of several things: in the schemas of custom resources a
boolean or a schema, a schema or a list of schemas, a schema or a list of names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kctl.api.kind import Object

_OF = "%apiextensions.v1.JSONSchemaPropsOr"


def _bool(found: Object) -> Any:
    return found.get("schema", found.get("allows", False))


def _array(found: Object) -> Any:
    return found.get("schemas") or found.get("schema")


def _words(found: Object) -> Any:
    return found.get("words") or found.get("schema", [])


JOINED: dict[str, Callable[[Object], Any]] = {
    f"{_OF}Bool": _bool,
    f"{_OF}Array": _array,
    f"{_OF}StringArray": _words,
}
"""By the message's name: from its fields to the JSON value."""


def split(name: str, value: Any) -> Object:
    """The fields of such a message for a JSON value."""
    if isinstance(value, bool):
        return {"allows": value}
    if isinstance(value, list):
        return {"words" if name == f"{_OF}StringArray" else "schemas": value}
    return {"allows": True, "schema": value} if name == f"{_OF}Bool" else {"schema": value}
