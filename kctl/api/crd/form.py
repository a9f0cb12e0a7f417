"""Schemas inside of schemas, in the form that everything else reads.

In JSON, `items` is a schema or a list of them, `additionalProperties` a schema or a boolean:
the table of the API's types has them as "anything". Here they are read like the rest, so
that nothing of a wrong type gets further.
"""

from __future__ import annotations

from typing import Any

from kctl.api.schema.decode import cannot_be_handled
from kctl.api.schema.readers import Mismatch, Problems, json_type, struct

SCHEMA = "%apiextensions.v1.JSONSchemaProps"
_ONE = ("not",)
_LISTS = ("allOf", "anyOf", "oneOf")
_MAPS = ("properties", "patternProperties", "definitions")


def settle_schemas(kind: Any, definition: dict[str, Any]) -> None:
    """Bring the schemas of a definition into form, in place; idempotent. Raises ApiError
    (400) for what is none."""
    try:
        for version in (definition.get("spec") or {}).get("versions") or ():
            schema = (version.get("schema") or {}).get("openAPIV3Schema")
            if schema:
                _settle(schema)
    except Mismatch as error:
        raise cannot_be_handled(kind, str(error)) from None


def _settle(schema: dict[str, Any]) -> None:
    for name, accepts in (("items", list), ("additionalProperties", bool)):
        value = schema.get(name)
        if value is None:
            schema.pop(name, None)
        elif isinstance(value, dict):
            schema[name] = _read(value, name)
        elif not isinstance(value, accepts):
            raise Mismatch("", "", _expected(name, value))
        elif isinstance(value, list):
            schema[name] = [_read(each, name) for each in value]
    for below in _below(schema):
        _settle(below)


def _read(value: Any, name: str) -> dict[str, Any]:
    try:
        read: dict[str, Any] = struct(SCHEMA)(value, name, Problems())
    except Mismatch as error:
        error.place = error.place or "JSONSchemaProps"
        raise
    _settle(read)
    return read


def _expected(name: str, value: Any) -> str:
    wanted = "boolean or JSON schema" if name == "additionalProperties" else "JSON schema"
    return f"{wanted} expected, not {json_type(value)}"


def _below(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas that the table's readers have read already."""
    for name in _MAPS:  # null is the zero of a struct
        for key, each in (schema.get(name) or {}).items():
            schema[name][key] = {} if each is None else each
    found = [schema[name] for name in _ONE if schema.get(name)]
    found += [each for name in _LISTS for each in schema.get(name) or ()]
    return found + [each for name in _MAPS for each in (schema.get(name) or {}).values()]
