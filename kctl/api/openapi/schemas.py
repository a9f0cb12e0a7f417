"""Schemas of types, from kctl's schema table, in the two dialects of OpenAPI.

Version 3 says "this type, with that description" by `allOf`; version 2 puts `$ref` and
`description` side by side, as the API server's documents do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kctl.api.openapi.descriptions import describe, field_text
from kctl.api.openapi.names import long_name, own_gvk
from kctl.api.schema.schema import OBJECT_META, Definition, Field, definition

Schema = dict[str, Any]
V2, V3 = "#/definitions/", "#/components/schemas/"

QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
MICRO_TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"
FIELDS = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"
RAW = "io.k8s.apimachinery.pkg.runtime.RawExtension"
JSON = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON"

_SCALARS: dict[str, Schema] = {
    "s": {"type": "string"},
    "b": {"type": "boolean"},
    "i": {"type": "integer", "format": "int32"},
    "l": {"type": "integer", "format": "int64"},
    "f": {"type": "number", "format": "double"},
    "y": {"type": "string", "format": "byte"},
}
_NAMED = {"q": QUANTITY, "p": INT_OR_STRING, "t": TIME, "u": MICRO_TIME, "o": RAW, "a": JSON}
_LEAVES: dict[str, tuple[Schema, Schema]] = {
    QUANTITY: ({"oneOf": [{"type": "string"}, {"type": "number"}]}, {"type": "string"}),
    INT_OR_STRING: (
        {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"format": "int-or-string", "type": "string"},
    ),
    TIME: ({"format": "date-time", "type": "string"},) * 2,
    MICRO_TIME: ({"format": "date-time", "type": "string"},) * 2,
    FIELDS: ({"type": "object"},) * 2,
    RAW: ({"type": "object"},) * 2,
    JSON: ({}, {}),
}
_DEFAULTS = {
    ("core.v1.ContainerPort", "protocol"): "TCP",
    ("core.v1.ServicePort", "protocol"): "TCP",
}
"""Defaults that are keys of a list in server-side apply: without them two spellings of one
port would be two ports."""


class Types:
    """The schemas of types and of all that they mention, by their long names.

    base: V3 or V2, where references point and so the dialect.
    """

    def __init__(self, base: str = V3) -> None:
        self.base = base
        self.found: dict[str, Schema] = {}

    def add(self, short: str) -> str:
        """A definition of the table and what it leads to. Its reference."""
        name = long_name(short)
        pending = [short] if name not in self.found else []
        while pending:
            each = pending.pop()
            if long_name(each) in self.found:
                continue
            known = definition(each)
            if known is None:
                raise KeyError(each)
            self.found[long_name(each)] = self._schema(known)
            pending.extend(_mentioned(known.fields.values()))
        return self.base + name

    def ref(self, short: str) -> Schema:
        return {"$ref": self.add(short)}

    def add_custom(self, name: str, schema: Schema) -> str:
        """A schema that a plugin or a CustomResourceDefinition brings. Its reference."""
        self.found[name] = schema
        return self.base + name

    def custom(self, schema: Schema | None, gvk: dict[str, str]) -> Schema:
        """A custom kind's schema with what every object has; without a schema of its own,
        an object of any content."""
        result: Schema = dict(schema or {"x-kubernetes-preserve-unknown-fields": True})
        if self.base == V2:
            result = _plain(result)
        told = describe("core.v1.Pod").fields
        head = {"apiVersion": Field("s"), "kind": Field("s"), "metadata": Field("@" + OBJECT_META)}
        own = result.get("properties", {})
        result["type"] = "object"
        result["properties"] = {
            **own,
            **{name: self._typed(each, told.get(name, ""), name) for name, each in head.items()},
        }
        self.add(OBJECT_META)
        result["x-kubernetes-group-version-kind"] = [gvk]
        return result

    def _schema(self, known: Definition) -> Schema:
        described = describe(known.name)
        schema: Schema = {"description": described.text} if described.text else {}
        schema["type"] = "object"
        if known.fields:
            schema["properties"] = {
                name: self._typed(field, field_text(described, name), name, known.name)
                for name, field in sorted(known.fields.items())
            }
        required = [name for name, field in known.fields.items() if field.required]
        if required:
            schema["required"] = sorted(required)
        own = own_gvk(known.name)
        if own is not None:
            schema["x-kubernetes-group-version-kind"] = [own]
        return schema

    def _typed(self, field: Field, description: str, name: str, of: str = "") -> Schema:
        schema = self._type(field.type, name)
        if "$ref" in schema and self.base == V3 and description:
            schema = {"allOf": [schema]}
        if description:
            schema["description"] = description
        if (of, name) in _DEFAULTS:
            schema["default"] = _DEFAULTS[of, name]
        if field.listing:
            where = "x-kubernetes-list-type" if field.is_list else "x-kubernetes-map-type"
            schema[where] = field.listing
        if field.keys:
            schema["x-kubernetes-list-map-keys"] = list(field.keys)
        if field.strategy:
            schema["x-kubernetes-patch-strategy"] = field.strategy
        if field.merge_key:
            schema["x-kubernetes-patch-merge-key"] = field.merge_key
        return schema

    def _type(self, type_: str, name: str) -> Schema:
        if type_.startswith("[]"):
            return {"type": "array", "items": self._type(type_[2:], name)}
        if type_.startswith("{}"):
            return {"type": "object", "additionalProperties": self._type(type_[2:], name)}
        if type_.startswith("@"):
            return {"$ref": self.base + long_name(type_[1:])}
        if type_ in _SCALARS:
            return dict(_SCALARS[type_])
        return self._leaf(FIELDS if name == "fieldsV1" else _NAMED[type_])

    def _leaf(self, name: str) -> Schema:
        self.found.setdefault(name, _LEAVES[name][self.base == V2])
        return {"$ref": self.base + name}


_V2_KEYS = frozenset(
    (
        *("default", "description", "enum", "format", "maxItems", "maxLength", "maximum"),
        *("minItems", "minLength", "minimum", "pattern", "required", "title", "type"),
    )
)


def _plain(schema: Schema) -> Schema:
    """What version 2 can say of a version 3 schema: no alternatives, and where those decide
    the type, no type either."""
    result: Schema = {
        key: value
        for key, value in schema.items()
        if key in _V2_KEYS or (key.startswith("x-") and key != "x-kubernetes-validations")
    }
    if schema.get("nullable"):
        result.pop("type", None)
    if "properties" in schema:
        result["properties"] = {key: _plain(each) for key, each in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            below = schema[key]
            result[key] = _plain(below) if isinstance(below, dict) else below
    return result


def _mentioned(fields: Iterable[Field]) -> list[str]:
    types = (field.type.replace("[]", "").replace("{}", "") for field in fields)
    return [each[1:] for each in types if each.startswith("@")]
