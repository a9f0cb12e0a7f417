"""Objects of custom kinds against their OpenAPI v3 schema.

What kube-openapi's validator says, in its order and words: every rule of a node is asked,
and each mistake is a field error. `kctl.api.crd.values.check` reads the JSON of the schema
itself, since value validations (anyOf, not, ...) have no place in the skeleton.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.crd.formats import FORMATS, fits
from kctl.api.fields import FieldError, invalid, not_supported, required, show, too_many
from kctl.api.fields import type_invalid as _type_invalid
from kctl.api.schema.readers import number_text

Json = Mapping[str, Any]
NO_PATH = "<nil>"
"""What Go prints for the field of an error that has none."""


class Found:
    """What a check found: the errors, and how many rules held (the best of several
    alternatives is the one that most rules hold for)."""

    __slots__ = ("errors", "held")

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.held = 0

    def merge(self, other: Found) -> None:
        self.errors += other.errors
        self.held += other.held


def check(value: Any, schema: Json, path: str = "") -> list[FieldError]:
    """Everything that is wrong with a value, its field in the object being `path`."""
    return _check(value, schema, path).errors


def _check(value: Any, schema: Json, path: str) -> Found:
    found = Found()
    error = _type_error(value, schema, path)
    if error is not None:
        found.errors.append(error)
    elif value is not None:
        found.held += 1
    if value is None:
        found.errors += _enum(value, schema, path)
        return found
    _combined(value, schema, path, found)
    if isinstance(value, str):
        found.errors += _string(value, schema, path)
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int | float):
        found.errors += _number(value, schema, path)
    elif isinstance(value, list):
        _list(value, schema, path, found)
    found.errors += _enum(value, schema, path)
    if isinstance(value, dict):
        _object(value, schema, path, found)
    found.held += 1
    return found


# --- types ---


def type_of(value: Any) -> str:
    """The JSON type as OpenAPI calls it; 3.0 is a number, not an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _types(schema: Json) -> tuple[str, ...]:
    if schema.get("x-kubernetes-int-or-string") is True:
        return ("integer", "string")
    return (schema["type"],) if schema.get("type") else ()


def _type_error(value: Any, schema: Json, path: str) -> FieldError | None:
    types = _types(schema)
    actual = type_of(value)
    if not types or actual in types:
        return None
    if value is None and schema.get("nullable") is True:
        return None
    if actual == "number" and "integer" in types and value.is_integer():
        return None
    if actual == "integer" and "number" in types:
        return None
    wanted = ",".join(types)
    if schema.get("format") and isinstance(value, bool | int | float):
        wanted = str(schema["format"])
        actual = {"integer": "int64", "number": "double"}.get(actual, "")
    text = f"{path} in body must be of type {wanted}: {show(actual)}"
    return _type_invalid(_field(path), actual, text)


def _field(path: str) -> str:
    return path or NO_PATH


# --- alternatives ---


def _combined(value: Any, schema: Json, path: str, found: Found) -> None:
    if schema.get("anyOf"):
        _any_of(value, schema["anyOf"], path, found)
    if schema.get("oneOf"):
        _one_of(value, schema["oneOf"], path, found)
    if schema.get("allOf"):
        _all_of(value, schema["allOf"], path, found)
    if schema.get("not") and not _check(value, schema["not"], path).errors:
        found.errors.append(_whole(f"{show(path)} must not validate the schema (not)"))


def _whole(text: str) -> FieldError:
    return FieldError("FieldValueInvalid", NO_PATH, text, '""')


def _any_of(value: Any, schemas: list[Json], path: str, found: Found) -> None:
    best: Found | None = None
    for each in schemas:
        result = _check(value, each, path)
        if not result.errors:
            found.merge(result)
            return
        if best is None or result.held > best.held:
            best = result
    found.errors.append(_whole(f"{show(path)} must validate at least one schema (anyOf)"))
    if best is not None:
        found.merge(best)


def _one_of(value: Any, schemas: list[Json], path: str, found: Found) -> None:
    best: Found | None = None
    valid = 0
    for each in schemas:
        result = _check(value, each, path)
        if not result.errors:
            valid += 1
        elif best is None or result.held > best.held:
            best = result
    if valid == 1:
        return
    why = f"Found {valid} valid alternatives" if valid else "Found none valid"
    text = f"{show(path)} must validate one and only one schema (oneOf). {why}"
    found.errors.append(_whole(text))
    if not valid and best is not None:
        found.merge(best)


def _all_of(value: Any, schemas: list[Json], path: str, found: Found) -> None:
    results = [_check(value, each, path) for each in schemas]
    valid = sum(not each.errors for each in results)
    for each in results:
        found.merge(each)
    if valid != len(results):
        none = "" if valid else ". None validated"
        found.errors.append(_whole(f"{show(path)} must validate all the schemas (allOf){none}"))


# --- rules of one type ---


def _string(value: str, schema: Json, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    limit = schema.get("maxLength")
    if limit is not None and len(value) > limit:
        text = f"may not be more than {limit} {'character' if limit == 1 else 'characters'}"
        errors.append(FieldError("FieldValueTooLong", _field(path), text))
    limit = schema.get("minLength")
    if limit is not None and len(value) < limit:
        text = f"{path} in body should be at least {limit} chars long"
        errors.append(invalid(_field(path), value, text))
    pattern = schema.get("pattern")
    if pattern and not _matches(pattern, value):
        errors.append(invalid(_field(path), value, f"{path} in body should match '{pattern}'"))
    name = schema.get("format")
    if name in FORMATS and not fits(name, value):
        text = f"{path} in body must be of type {name}: {show(value)}"
        errors.append(_type_invalid(_field(path), value, text))
    return errors


def _matches(pattern: str, value: str) -> bool:
    """A pattern that is none matches nothing: a definition with such a one is refused."""
    from kctl.api.regex import PatternError, searches

    try:
        return searches(pattern, value)
    except PatternError:
        return False


def _number(value: int | float, schema: Json, path: str) -> list[FieldError]:
    texts: list[str] = []
    factor = schema.get("multipleOf")
    if factor and not _is_multiple(value, factor):
        texts.append(f"should be a multiple of {_shown(factor)}")
    limit = schema.get("maximum")
    if limit is not None:
        if schema.get("exclusiveMaximum") is True:
            if value >= limit:
                texts.append(f"should be less than {_shown(limit)}")
        elif value > limit:
            texts.append(f"should be less than or equal to {_shown(limit)}")
    limit = schema.get("minimum")
    if limit is not None:
        if schema.get("exclusiveMinimum") is True:
            if value <= limit:
                texts.append(f"should be greater than {_shown(limit)}")
        elif value < limit:
            texts.append(f"should be greater than or equal to {_shown(limit)}")
    texts += _range(value, schema.get("format"))
    return [invalid(_field(path), value, f"{path} in body {text}") for text in texts]


_RANGES = {"int32": 2**31, "int64": 2**63}


def _range(value: int | float, name: str | None) -> list[str]:
    limit = _RANGES.get(name or "")
    if limit is None or -limit <= value < limit:
        return []
    return [f"must be of type {name}: {show(number_text(value))}"]


def _is_multiple(value: int | float, factor: int | float) -> bool:
    if isinstance(value, int) and isinstance(factor, int):
        return value % factor == 0
    ratio = value / factor
    return abs(ratio - round(ratio)) < 1e-9


def _shown(number: int | float) -> str:
    return number_text(number)


def _enum(value: Any, schema: Json, path: str) -> list[FieldError]:
    allowed = schema.get("enum")
    if not allowed or (value is None and schema.get("nullable") is True):
        return []
    if any(_same(value, each) for each in allowed):
        return []
    words = [each if isinstance(each, str) else show(each) for each in allowed]
    return [not_supported(_field(path), value, words)]


def _same(one: Any, other: Any) -> bool:
    return type_of(one) == type_of(other) and bool(one == other)


def _list(value: list[Any], schema: Json, path: str, found: Found) -> None:
    items = schema.get("items")
    if isinstance(items, dict):
        for at, item in enumerate(value):
            found.merge(_check(item, items, f"{path}[{at}]"))
    limit = schema.get("minItems")
    if limit is not None and len(value) < limit:
        text = f"{path} in body should have at least {limit} items"
        found.errors.append(invalid(_field(path), len(value), text))
    limit = schema.get("maxItems")
    if limit is not None and len(value) > limit:
        found.errors.append(too_many(_field(path), len(value), limit))


def _object(value: dict[str, Any], schema: Json, path: str, found: Found) -> None:
    limit = schema.get("minProperties")
    if limit is not None and len(value) < limit:
        text = f"{path} in body should have at least {limit} properties"
        found.errors.append(invalid(_field(path), len(value), text))
    limit = schema.get("maxProperties")
    if limit is not None and len(value) > limit:
        found.errors.append(too_many(_field(path), len(value), limit))
    for name in schema.get("required") or ():
        if name not in value:
            found.errors.append(required(_below(path, name)))
        else:
            found.held += 1
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    for name, item in value.items():
        below = properties.get(name)
        if below is None and isinstance(additional, dict):
            below = additional
        if below is not None:
            found.merge(_check(item, below, _below(path, name)))


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
