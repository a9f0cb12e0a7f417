"""Descriptions of the API in OpenAPI 3.0 and 2.0, made from the kinds that are served.

`Documents` is the whole of it; the functions here are the same for one question.
"""

from __future__ import annotations

from collections.abc import Iterable

from kctl.api.kind import Kind
from kctl.api.openapi.documents import Documents, own_schema
from kctl.api.openapi.paths import Object, SchemaOf

__all__ = ["Documents", "SchemaOf", "own_schema", "v2", "v2_json", "v3", "v3_index"]

V2_CONTENT_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


def v3_index(kinds: Iterable[Kind], schema_of: SchemaOf = own_schema) -> Object:
    return Documents(kinds, schema_of).v3_index()


def v3(group_version: str, kinds: Iterable[Kind], schema_of: SchemaOf = own_schema) -> Object:
    """group_version: "apis/apps/v1" or "api/v1". Raises ApiError 404."""
    return Documents(kinds, schema_of).v3(group_version)


def v2(kinds: Iterable[Kind], schema_of: SchemaOf = own_schema) -> bytes:
    """As protobuf, of the type V2_CONTENT_TYPE."""
    return Documents(kinds, schema_of).v2_protobuf()


def v2_json(kinds: Iterable[Kind], schema_of: SchemaOf = own_schema) -> Object:
    return Documents(kinds, schema_of).v2_json()
