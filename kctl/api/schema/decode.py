"""Objects from outside, checked against the schema and brought into the API's own form.

What the API server's decoder does: nulls and empty lists and maps vanish, quantities and
times become canonical, wrong types are refused with Go's texts, unknown fields are told.
The object that was given is never changed; the result shares nothing mutable with it.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from kctl.api.encode import dumps
from kctl.api.errors import ApiError, bad_request
from kctl.api.kind import Kind, Object
from kctl.api.schema.readers import Mismatch, Problems, read_object


def decode(kind: Kind, obj: Object, validation: str = "Strict") -> tuple[Object, list[str]]:
    """The object in the API's form, and what is to be warned of.

    validation: "Strict" refuses unknown fields, "Warn" returns a warning for each,
    "Ignore" drops them. Raises ApiError (400) for a wrong type, with Go's text.
    """
    problems = Problems()
    try:
        decoded = _read(kind, obj, problems)
    except Mismatch:
        raise cannot_be_handled(kind, _first_mismatch(kind, obj)) from None
    except RecursionError:
        raise bad_request("json: exceeded max depth") from None
    if not problems.unknown or validation == "Ignore":
        return decoded, []
    texts = _unknown_texts(kind, obj)
    if validation == "Strict":
        raise cannot_be_handled(kind, strict_text(texts))
    return decoded, texts


def _read(kind: Kind, obj: Any, problems: Problems) -> Object:
    """By the table, or by the schema that a custom kind brings."""
    if kind.structure is None:
        return read_object(kind.schema, obj, problems)
    from kctl.api.crd.decode import read_custom

    return read_custom(kind.structure, obj, problems)


def strict_text(texts: list[str]) -> str:
    return "strict decoding error: " + ", ".join(texts)


def cannot_be_handled(kind: Kind, why: str) -> ApiError:
    return bad_request(
        f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}'
    )


def _sorted(obj: Object) -> Object:
    """Clients send JSON with sorted keys, so the first mistake is the first by name."""
    try:
        result: Object = orjson.loads(orjson.dumps(obj, option=orjson.OPT_SORT_KEYS))
    except orjson.JSONEncodeError:
        return obj
    return result


def _first_mismatch(kind: Kind, obj: Object) -> str:
    try:
        _read(kind, _sorted(obj), Problems())
    except Mismatch as error:
        return str(error)
    raise AssertionError("a mismatch went away by sorting")


def _unknown_texts(kind: Kind, obj: Object) -> list[str]:
    problems = Problems()
    _read(kind, _sorted(obj), problems)
    return [f'unknown field "{path}"' for path in problems.unknown]


# --- JSON texts ---


class _Repeated(dict[str, Any]):
    """A JSON object in which some keys stood twice."""

    repeated: tuple[str, ...] = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = _Repeated(plain)
    seen: set[str] = set()
    marked.repeated = tuple(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return marked


def load_json(raw: bytes) -> tuple[Any, list[str]]:
    """The value of a JSON text, and 'duplicate field "spec.x"' for each key that stands
    twice in one object. Raises ValueError, RecursionError."""
    value = json.loads(raw, object_pairs_hook=_pairs)
    found: list[str] = []
    _collect(value, "", found)
    return orjson.loads(dumps(value)), found


def _collect(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, dict):
        for key in getattr(value, "repeated", ()):
            found.append(f'duplicate field "{path}{key}"')
        for key, item in value.items():
            _collect(item, f"{path}{key}.", found)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            _collect(item, f"{path.removesuffix('.')}[{at}].", found)
