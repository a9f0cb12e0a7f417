"""Which schemas a definition may bring: structural ones
(https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.crd.structure import Structure, prune
from kctl.api.crd.values import check
from kctl.api.fields import FieldError, forbidden, invalid, not_supported, required
from kctl.api.regex import PatternError, compiled

Json = Mapping[str, Any]
TYPES = ("array", "boolean", "integer", "number", "object", "string")
COMBINED = ("allOf", "anyOf", "oneOf")
_NOT_SUPPORTED = ("definitions", "dependencies", "id", "patternProperties")
_TOGETHER = "additionalProperties and properties are mutual exclusive"
_EMPTY = "must be empty to be structural"
_SKELETON = (
    "type",
    "description",
    "default",
    "title",
    "nullable",
    "additionalProperties",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
)
_INT_OR_STRING = (
    [{"type": "integer"}, {"type": "string"}],
    [{"type": "string"}, {"type": "integer"}],
)


def validate_schema(schema: Json, path: str) -> list[FieldError]:
    """A root schema; `path` is its field."""
    errors: list[FieldError] = []
    if not schema.get("type"):
        errors.append(required(f"{path}.type", "must not be empty at the root"))
    elif schema["type"] != "object":
        errors.append(invalid(f"{path}.type", schema["type"], "must be object at the root"))
    if schema.get("nullable"):
        errors.append(forbidden(f"{path}.nullable", "nullable cannot be true at the root"))
    errors += _metadata(schema, path)
    errors += _node(schema, path, root=True)
    if not errors:
        errors += _defaults(Structure(schema), path, root=True)
    if not errors and Structure(schema).has_rules:
        from kctl.api.crd.rules import compile_errors

        errors += compile_errors(schema, path)
    return errors


def _metadata(schema: Json, path: str) -> list[FieldError]:
    """At the root, metadata may be restricted in its names and nothing else."""
    meta = (schema.get("properties") or {}).get("metadata")
    if not meta:
        return []
    where = f"{path}.properties[metadata]"
    if meta.get("type") != "object":
        return [invalid(f"{where}.type", meta.get("type", ""), "must be object")]
    allowed = {"type", "description", "properties"}
    inner = set(meta.get("properties") or ())
    if set(meta) <= allowed and inner <= {"name", "generateName"}:
        return []
    text = (
        "must not specify anything other than name and generateName, but metadata is "
        "implicitly specified"
    )
    return [forbidden(where, text)]


def _node(schema: Json, path: str, *, root: bool = False) -> list[FieldError]:
    """A node of the skeleton and everything below."""
    errors = _type(schema, path, root) + _unsupported(schema, path) + _extensions(schema, path)
    items = schema.get("items")
    if isinstance(items, list):
        text = "items must be a schema object and not an array"
        errors.append(forbidden(f"{path}.items", text))
    elif isinstance(items, dict):
        errors += _typed(items, f"{path}.items", "must not be empty for specified array items")
        errors += _node(items, f"{path}.items")
    elif schema.get("type") == "array":
        errors.append(required(f"{path}.items", "must be specified"))
    for name, each in (schema.get("properties") or {}).items():
        where = f"{path}.properties[{name}]"
        errors += _typed(each, where, "must not be empty for specified object fields")
        errors += _node(each, where)
    errors += _additional(schema, path)
    return errors + _rules(schema, path) + _values(schema, schema, path)


def _typed(schema: Json, path: str, text: str) -> list[FieldError]:
    free = schema.get("x-kubernetes-int-or-string") or schema.get(
        "x-kubernetes-preserve-unknown-fields"
    )
    if schema.get("type") or free:
        return []
    return [required(f"{path}.type", text)]


def _type(schema: Json, path: str, root: bool) -> list[FieldError]:
    kind = schema.get("type")
    if kind and kind not in TYPES and not root:
        return [not_supported(f"{path}.type", kind, TYPES)]
    return []


def _unsupported(schema: Json, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if schema.get("$ref"):
        errors.append(forbidden(f"{path}.$ref", "$ref is not supported"))
    errors += [
        forbidden(f"{path}.{name}", f"{name} is not supported")
        for name in _NOT_SUPPORTED
        if schema.get(name)
    ]
    if schema.get("additionalItems"):
        errors.append(forbidden(f"{path}.additionalItems", "additionalItems is not supported"))
    if schema.get("uniqueItems"):
        text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        errors.append(forbidden(f"{path}.uniqueItems", text))
    return errors


def _additional(schema: Json, path: str) -> list[FieldError]:
    additional = schema.get("additionalProperties")
    if additional is None:
        return []
    where = f"{path}.additionalProperties"
    if additional is False:
        return [forbidden(where, "additionalProperties cannot be set to false")]
    if schema.get("properties"):
        return [forbidden(where, _TOGETHER)]
    if not isinstance(additional, dict):
        return []
    text = "must not be empty for specified object fields"
    return _typed(additional, where, text) + _node(additional, where)


def _extensions(schema: Json, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    kind = schema.get("type")
    if schema.get("x-kubernetes-int-or-string") and kind:
        text = "must be empty if x-kubernetes-int-or-string is true"
        errors.append(invalid(f"{path}.type", kind, text))
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        text = "must be true or undefined"
        errors.append(invalid(f"{path}.x-kubernetes-preserve-unknown-fields", False, text))
    if schema.get("x-kubernetes-embedded-resource"):
        if kind != "object":
            text = "must be object if x-kubernetes-embedded-resource is true"
            errors.append(invalid(f"{path}.type", kind or "", text))
        if not (schema.get("properties") or schema.get("x-kubernetes-preserve-unknown-fields")):
            text = (
                "must not be empty if x-kubernetes-embedded-resource is true without "
                "x-kubernetes-preserve-unknown-fields"
            )
            errors.append(required(f"{path}.properties", text))
    listing = schema.get("x-kubernetes-list-type")
    if listing and listing not in ("atomic", "set", "map"):
        where = f"{path}.x-kubernetes-list-type"
        errors.append(not_supported(where, listing, ("atomic", "set", "map")))
    if listing and kind != "array":
        text = "must be array if x-kubernetes-list-type is specified"
        errors.append(invalid(f"{path}.type", kind or "", text))
    mapping = schema.get("x-kubernetes-map-type")
    if mapping and mapping not in ("atomic", "granular"):
        where = f"{path}.x-kubernetes-map-type"
        errors.append(not_supported(where, mapping, ("granular", "atomic")))
    return errors + _map_keys(schema, path)


def _map_keys(schema: Json, path: str) -> list[FieldError]:
    listing = schema.get("x-kubernetes-list-type")
    keys = schema.get("x-kubernetes-list-map-keys") or []
    where = f"{path}.x-kubernetes-list-map-keys"
    if listing != "map":
        if keys:
            text = "must be empty if x-kubernetes-list-type is not map"
            return [invalid(f"{path}.x-kubernetes-list-type", listing or "", text)]
        return []
    if not keys:
        return [required(where, "must not be empty if x-kubernetes-list-type is map")]
    items = schema.get("items") or {}
    if items.get("type") != "object":
        text = "must be object if parent array's x-kubernetes-list-type is map"
        return [invalid(f"{path}.items.type", items.get("type") or "", text)]
    errors: list[FieldError] = []
    properties = items.get("properties") or {}
    for at, key in enumerate(keys):
        if key not in properties:
            text = "entries must all be names of item properties"
            errors.append(invalid(f"{where}[{at}]", key, text))
        elif key not in (items.get("required") or ()) and properties[key].get("default") is None:
            text = (
                "this property is in x-kubernetes-list-map-keys, so it must have a default or "
                "be a required property"
            )
            errors.append(required(f"{path}.items.properties[{key}].default", text))
    return errors


def _rules(schema: Json, path: str) -> list[FieldError]:
    """Value rules that can be wrong by themselves."""
    errors: list[FieldError] = []
    pattern = schema.get("pattern")
    if pattern:
        try:
            compiled(pattern)
        except PatternError as error:
            text = f"must be a valid regular expression, but isn't: error parsing regexp: {error}"
            errors.append(invalid(f"{path}.pattern", pattern, text))
    for at, value in enumerate(schema.get("enum") or ()):
        if (value in (schema["enum"])[:at]) and not isinstance(value, bool):
            errors.append(FieldError("FieldValueDuplicate", f"{path}.enum[{at}]", "", _show(value)))
    return errors


def _show(value: Any) -> str:
    from kctl.api.fields import show

    return show(value)


def _values(schema: Json, skeleton: Json, path: str) -> list[FieldError]:
    """The schemas inside of allOf, anyOf, oneOf and not: values alone, and of fields that
    the skeleton has too."""
    errors: list[FieldError] = []
    for word in COMBINED:
        listed = schema.get(word)
        if not listed or (
            skeleton.get("x-kubernetes-int-or-string") and _is_int_or_string(word, listed)
        ):
            continue
        for at, each in enumerate(listed):
            errors += _value(each, skeleton, f"{path}.{word}[{at}]", path)
    if schema.get("not"):
        errors += _value(schema["not"], skeleton, f"{path}.not", path)
    return errors


def _is_int_or_string(word: str, listed: Any) -> bool:
    if word == "anyOf":
        return listed in _INT_OR_STRING
    return word == "allOf" and any(each.get("anyOf") in _INT_OR_STRING for each in listed)


def _value(schema: Json, skeleton: Json, path: str, origin: str) -> list[FieldError]:
    errors = [
        forbidden(f"{path}.{name}", _EMPTY)
        for name in _SKELETON
        if schema.get(name) not in (None, "", False)
    ]
    errors += _rules(schema, path)
    known = skeleton.get("properties") or {}
    for name, each in (schema.get("properties") or {}).items():
        below = known.get(name)
        if below is None:
            if name == "metadata" and origin.endswith("openAPIV3Schema"):
                continue
            if isinstance(skeleton.get("additionalProperties"), dict):
                below = skeleton["additionalProperties"]
            elif not skeleton.get("x-kubernetes-preserve-unknown-fields"):
                text = f"because it is defined in {path}.properties[{name}]"
                errors.append(required(f"{origin}.properties[{name}]", text))
                continue
        where = f"{path}.properties[{name}]"
        errors += _value(each, below or {}, where, f"{origin}.properties[{name}]")
    if isinstance(schema.get("items"), dict):
        below = skeleton.get("items")
        if isinstance(below, dict):
            errors += _value(schema["items"], below, f"{path}.items", f"{origin}.items")
        else:
            text = f"because it is defined in {path}.items"
            errors.append(required(f"{origin}.items", text))
    return errors + _values(schema, skeleton, path)


def _defaults(node: Structure, path: str, *, root: bool = False) -> list[FieldError]:
    """A default must be what its own schema lets through, with nothing to prune."""
    errors: list[FieldError] = []
    if node.has_default:
        unknown: list[str] = []
        pruned = prune(node.default, node, "", unknown)
        if pruned != node.default:
            text = "must not have unknown fields"
            errors.append(invalid(f"{path}.default", node.default, text))
        for each in check(node.default, node.source):
            field = f"{path}.default" + (f".{each.field}" if each.field != "<nil>" else "")
            errors.append(FieldError(each.reason, field, each.detail, each.value))
    for name, below in node.properties.items():
        if root and name == "metadata":
            continue
        errors += _defaults(below, f"{path}.properties[{name}]")
    if node.items is not None:
        errors += _defaults(node.items, f"{path}.items")
    if node.additional is not None:
        errors += _defaults(node.additional, f"{path}.additionalProperties")
    return errors
