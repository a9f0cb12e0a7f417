"""The OpenAPI documents of a set of kinds: an index and one document a group version (3.0),
one document of everything (2.0).

Nothing is made before it is asked for. What was made is kept as bytes under a hash of what
it was made from, so that a document of the same kinds is made once, and the hash serves as
the document's ETag.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

import orjson

from kctl.api.errors import ApiError
from kctl.api.kind import Kind
from kctl.api.openapi.descriptions import edition
from kctl.api.openapi.names import group_version
from kctl.api.openapi.paths import VERBS, Object, Paths, SchemaOf, Subresources
from kctl.api.openapi.schemas import V2, V3, Types
from kctl.api.schema.schema import TABLE

VERSION = "v1.37.0"
KEPT = 24 * 2**20
"""Bytes of documents that are kept."""


def own_schema(kind: Kind) -> Object | None:
    """The schema that a custom kind carries, None for kinds of the table and of plugins."""
    return dict(kind.structure.source) if kind.structure is not None else None


def no_subresources(kind: Kind) -> tuple[()]:
    return ()


class Documents:
    """The documents of these kinds.

    schema_of: the OpenAPI v3 schema of a kind that the table does not have, None where there
      is none; the schema of its definition, unless another way is given.
    subresources: what is served below a kind's objects, as discovery has it.
    virtual: kinds that are asked and not stored (reviews, metrics), with their verbs.
    """

    def __init__(
        self,
        kinds: Iterable[Kind],
        schema_of: SchemaOf = own_schema,
        subresources: Subresources = no_subresources,
        virtual: Mapping[Kind, tuple[str, ...]] | None = None,
    ) -> None:
        self._schema_of, self._subresources = schema_of, subresources
        self._virtual = virtual or {}
        self._kinds: dict[str, list[Kind]] = {}
        self._hashes: dict[str, str] = {}
        for kind in (*kinds, *self._virtual):
            self._kinds.setdefault(group_version(kind), []).append(kind)

    def v3_index(self) -> Object:
        """{"paths": {"apis/apps/v1": {"serverRelativeURL": "/openapi/v3/...?hash=..."}}}."""
        return {
            "paths": {
                each: {"serverRelativeURL": f"/openapi/v3/{each}?hash={self.v3_hash(each)}"}
                for each in sorted(self._kinds)
            }
        }

    def v3_hash(self, name: str) -> str:
        """Of "apis/apps/v1". Raises ApiError 404."""
        if name not in self._hashes:
            self._hashes[name] = _hash("3", *map(self._identity, self._of(name)))
        return self._hashes[name]

    def v2_hash(self) -> str:
        return _hash("2", *(self.v3_hash(name) for name in sorted(self._kinds)))

    def v3(self, name: str) -> Object:
        """The document of "apis/apps/v1" or "api/v1". Raises ApiError 404."""
        types = Types(V3)
        paths = self._paths(types, self._of(name))
        return {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": VERSION},
            "paths": paths,
            "components": {"schemas": dict(sorted(types.found.items()))},
        }

    def v2_json(self) -> Object:
        """Everything in one document of OpenAPI 2.0."""
        types = Types(V2)
        everything = [kind for name in sorted(self._kinds) for kind in self._kinds[name]]
        paths = self._paths(types, everything)
        return {
            "swagger": "2.0",
            "info": {"title": "Kubernetes", "version": VERSION},
            "paths": paths,
            "definitions": dict(sorted(types.found.items())),
        }

    def v3_bytes(self, name: str) -> bytes:
        """`v3` as JSON, kept."""
        return _kept(f"3j{self.v3_hash(name)}", lambda: orjson.dumps(self.v3(name)))

    def v2_bytes(self) -> bytes:
        """`v2_json` as JSON, kept."""
        return _kept(f"2j{self.v2_hash()}", lambda: orjson.dumps(self.v2_json()))

    def v2_protobuf(self) -> bytes:
        """`v2_json` in gnostic's protobuf, which is how kubectl asks for it; kept."""
        from kctl.api.openapi.v2_protobuf import encode

        return _kept(f"2p{self.v2_hash()}", lambda: encode(self.v2_json()))

    def _of(self, name: str) -> list[Kind]:
        found = self._kinds.get(name)
        if found is None:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        return found

    def _paths(self, types: Types, kinds: list[Kind]) -> dict[str, Any]:
        paths = Paths(types, self._schema_of, self._subresources)
        for kind in kinds:
            paths.add(kind, self._virtual.get(kind, VERBS))
        return dict(sorted(paths.found.items()))

    def _identity(self, kind: Kind) -> Any:
        """All that a document takes from a kind."""
        subresources = [
            [sub.name, sub.group, sub.version, sub.kind, list(sub.verbs)]
            for sub in self._subresources(kind)
        ]
        named = [kind.api_version, kind.kind, kind.plural, kind.namespaced, kind.schema]
        verbs = list(self._virtual.get(kind, ()))
        return [named, subresources, verbs, self._schema_of(kind)]


@cache
def _table_hash() -> str:
    return sha256(TABLE.read_bytes()).hexdigest()


def _hash(*what: Any) -> str:
    text = orjson.dumps([VERSION, _table_hash(), edition(), *what])
    return sha256(text).hexdigest().upper()


_documents: OrderedDict[str, bytes] = OrderedDict()
_lock = threading.Lock()


def _kept(key: str, make: Callable[[], bytes]) -> bytes:
    """One document at a time is made; the ones asked for last stay, up to KEPT bytes."""
    with _lock:
        found = _documents.pop(key, None)
        if found is None:
            found = make()
        _documents[key] = found
        while len(_documents) > 1 and sum(map(len, _documents.values())) > KEPT:
            _documents.popitem(last=False)
        return found
