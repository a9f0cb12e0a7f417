"""What a custom object must satisfy: its schema, its lists, its embedded objects, its rules.

In the order of the API server's customResourceStrategy. On an update, what was wrong before
and did not change is let through (ratcheting).
"""

from __future__ import annotations

from typing import Any

from kctl.api import meta, names
from kctl.api.crd.lists import check_lists
from kctl.api.crd.structure import Structure
from kctl.api.crd.values import NO_PATH, check
from kctl.api.fields import FieldError, child, invalid, required
from kctl.api.kind import Object

BLOCKING = frozenset(
    {
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    }
)
NOT_CHECKED = (
    "some validation rules were not checked because the object was invalid; correct the "
    "existing errors to complete validation"
)


def validate_create(structure: Structure, obj: Object) -> list[FieldError]:
    return _validate(structure, obj, None)


def validate_update(structure: Structure, new: Object, old: Object) -> list[FieldError]:
    return _validate(structure, new, old)


def _validate(structure: Structure, obj: Object, old: Object | None) -> list[FieldError]:
    body = {name: item for name, item in obj.items() if name != "metadata"}
    schema = _without_metadata(structure.source)
    errors = check(body, schema) + _embedded(body, structure, "") + check_lists(body, schema)
    if old is not None and errors:
        errors = _new_errors(errors, body, old)
    if not structure.has_rules:
        return errors
    if any(each.reason in BLOCKING for each in errors):
        return [*errors, FieldError("FieldValueInvalid", NO_PATH, NOT_CHECKED, "null")]
    from kctl.api.crd.rules import check_rules

    return errors + check_rules(structure, obj, old)


def _without_metadata(source: Any) -> dict[str, Any]:
    """The schema of the root without metadata, whose rules are those of every object but
    for what the schema says of its name."""
    properties = {
        name: each for name, each in (source.get("properties") or {}).items() if name != "metadata"
    }
    wanted = [name for name in source.get("required") or () if name != "metadata"]
    return {**source, "properties": properties, "required": wanted}


def _new_errors(errors: list[FieldError], new: Object, old: Object) -> list[FieldError]:
    """Without those about values that are what they were."""
    return [
        each
        for each in errors
        if each.field == NO_PATH or each.reason == "FieldValueRequired"
        or _at(new, each.field) is _MISSING
        or _at(new, each.field) != _at(old, each.field)
    ]  # fmt: skip


_MISSING = object()


def _at(obj: Any, path: str) -> Any:
    """The value at "spec.a[0].b"; _MISSING where the path leads nowhere (names with dots)."""
    for word in path.replace("[", ".[").split("."):
        if not word:
            continue
        if word.startswith("[") and isinstance(obj, list):
            at = word[1:-1]
            obj = obj[int(at)] if at.isdigit() and int(at) < len(obj) else _MISSING
        elif isinstance(obj, dict):
            obj = obj.get(word, _MISSING)
        else:
            return _MISSING
    return obj


def _embedded(value: Any, node: Structure, path: str) -> list[FieldError]:
    """The apiVersion, kind and metadata of objects inside of objects."""
    errors: list[FieldError] = []
    if isinstance(value, dict):
        if node.embedded:
            errors += _embedded_object(value, path)
        for name, item in value.items():
            below = node.field(name)
            if below is not None:
                errors += _embedded(item, below, child(path, name))
    elif isinstance(value, list) and node.items is not None:
        for at, item in enumerate(value):
            errors += _embedded(item, node.items, f"{path}[{at}]")
    return errors


def _embedded_object(value: dict[str, Any], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in ("apiVersion", "kind"):
        given = value.get(field)
        if not given:
            errors.append(required(child(path, field), "must not be empty"))
        elif not isinstance(given, str):
            errors.append(invalid(child(path, field), given, "must be a string"))
    kind, version = value.get("kind"), value.get("apiVersion")
    if isinstance(kind, str) and kind:
        texts = names.dns_label1035(kind.lower())
        if texts:
            why = "may have mixed case, but should otherwise match: " + ",".join(texts)
            errors.append(invalid(child(path, "kind"), kind, why))
    if isinstance(version, str) and version.count("/") > 1:
        why = f"unexpected GroupVersion string: {version}"
        errors.append(invalid(child(path, "apiVersion"), version, why))
    given = value.get("metadata")
    if given is not None and not isinstance(given, dict):
        errors.append(invalid(child(path, "metadata"), given, "must be an object"))
    elif given:
        errors += [
            FieldError(each.reason, child(path, each.field), each.detail, each.value)
            for each in _embedded_metadata(given)
        ]
    return errors


def _embedded_metadata(given: dict[str, Any]) -> list[FieldError]:
    from kctl.api.schema.readers import Mismatch, Problems, struct
    from kctl.api.schema.schema import OBJECT_META

    try:
        read = struct(OBJECT_META)(given, "metadata", Problems())
    except Mismatch as error:
        return [invalid("metadata", given, str(error))]
    return meta.common(read)
