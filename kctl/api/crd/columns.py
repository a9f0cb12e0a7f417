"""The tables of custom kinds: additionalPrinterColumns as columns and cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from kctl.api.kind import Cell, Column, Object
from kctl.api.kinds.cells import AGE, NAME, age, epoch

Getter = Callable[[Object], list[Any]]

_STEP = re.compile(
    r"""\.([^.\[\]'"*\\]+(?:\\.[^.\[\]'"*\\]*)*)|\[['"]([^'"\]]+)['"]\]|\[(-?\d+)\]|(\.\*|\[\*\])"""
    r"""|\[\?\(@\.([\w.-]+)\s*==\s*(?:"([^"]*)"|'([^']*)')\)\]"""
)


class PathError(ValueError):
    """No simple JSON path."""


def parse_path(path: str) -> list[tuple[str, Any]]:
    """The steps of a JSON path without braces (".spec.replicas", ".status.conditions
    [?(@.type=="Ready")].status"). Raises PathError."""
    steps: list[tuple[str, Any]] = []
    at = 0
    if not path.startswith((".", "[")):
        raise PathError("is an invalid path")
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise PathError("is an invalid path")
        name, quoted, number, star, field, one, other = found.groups()
        if name is not None or quoted is not None:
            steps.append(("field", (name or quoted or "").replace("\\.", ".")))
        elif number is not None:
            steps.append(("index", int(number)))
        elif star is not None:
            steps.append(("all", None))
        else:
            steps.append(("filter", (field.split("."), one if one is not None else other)))
        at = found.end()
    return steps


def getter(path: str) -> Getter:
    """From an object to the values that a path leads to. Raises PathError."""
    steps = parse_path(path)

    def get(obj: Object) -> list[Any]:
        values: list[Any] = [obj]
        for kind, what in steps:
            values = [found for value in values for found in _step(value, kind, what)]
        return [value for value in values if value is not None]

    return get


def _step(value: Any, kind: str, what: Any) -> list[Any]:
    if kind == "field":
        return [value[what]] if isinstance(value, dict) and what in value else []
    if kind == "all":
        if isinstance(value, dict):
            return list(value.values())
        return value if isinstance(value, list) else []
    if not isinstance(value, list):
        return []
    if kind == "index":
        return [value[what]] if -len(value) <= what < len(value) else []
    names, wanted = what
    return [item for item in value if _lookup(item, names) == wanted]


def _lookup(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def columns(version: Object) -> tuple[tuple[Column, ...], Callable[[Object], list[Cell]]]:
    """The columns of a version of a definition, and what makes the row of an object."""
    declared = version.get("additionalPrinterColumns") or []
    if not declared:
        return (NAME, AGE), lambda obj: [obj["metadata"]["name"], age(obj)]
    made = [
        Column(
            each["name"],
            each.get("type") or "string",
            each.get("priority") or 0,
            each.get("format") or "",
            each.get("description") or "",
        )
        for each in declared
    ]
    getters = [(_safe_getter(each["jsonPath"]), each.get("type") or "string") for each in declared]

    def row(obj: Object) -> list[Cell]:
        return [obj["metadata"]["name"], *(_cell(get(obj), kind) for get, kind in getters)]

    return (NAME, *made), row


def _safe_getter(path: str) -> Getter:
    try:
        return getter(path)
    except PathError:
        return lambda obj: []


def _cell(values: list[Any], kind: str) -> Cell:
    """What the API server's table convertor makes of the values: a wrong type is no cell."""
    if not values:
        return ""
    value = values[0]
    if kind == "string":
        texts = [each for each in (_text(value) for value in values) if each is not None]
        return ",".join(texts) if len(texts) > 1 else (texts[0] if texts else "")
    if kind == "date":
        return _date(value)
    if kind == "boolean":
        return _text(value) if isinstance(value, bool) else ""  # type: ignore[return-value]
    if kind == "integer" and isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    if kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return value if isinstance(value, int) else (_text(value) or "")
    return ""


def _date(value: Any) -> Cell:
    if not isinstance(value, str):
        return "<unknown>"
    try:
        return [epoch(value)]
    except ValueError:
        return "<invalid>"


def _text(value: Any) -> str | None:
    """As kubectl's JSONPath prints a value."""
    from kctl.api.encode import dumps
    from kctl.api.schema.readers import number_text

    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    return dumps(value).decode() if value is not None else None
