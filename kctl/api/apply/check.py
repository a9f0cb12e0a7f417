"""Whether an applied configuration fits the schema, with structured-merge-diff's texts."""

from __future__ import annotations

from typing import Any

from kctl.api.apply import elements
from kctl.api.apply.shapes import BOOLEAN, NUMERIC, STRING, Shape
from kctl.api.fields import show
from kctl.api.patch.errors import go_value


def check(shape: Shape, value: Any) -> str:
    """What is wrong with a configuration, "" for nothing."""
    found: list[str] = []
    _value(shape, value, "", found)
    if len(found) == 1:
        return found[0]
    return "\n".join(["errors:", *(f"  {each}" for each in found)]) if found else ""


def _tell(found: list[str], path: str, text: str) -> None:
    found.append(f"{path}: {text}" if path else text)


def _value(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    if value is None:
        return
    shape = shape.of(value)
    if shape.form == Shape.SCALAR:
        wrong = _scalar(shape.scalar, value)
        if wrong:
            _tell(found, path, wrong)
    elif shape.form == Shape.LIST:
        if isinstance(value, list):
            _list(shape, value, path, found)
        else:
            _tell(found, path, f"expected list, got &{{{go_value(value)}}}")
    elif isinstance(value, dict):
        _map(shape, value, path, found)
    else:
        _tell(found, path, f"expected map, got &{{{go_value(value)}}}")


def _scalar(wanted: str, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted == STRING and not isinstance(value, str):
        return f"expected string, got &value.valueUnstructured{{Value:{_go_syntax(value)}}}"
    if wanted == NUMERIC and not is_number:
        return f"expected numeric (int or float), got {_go_type(value)}"
    if wanted == BOOLEAN and not isinstance(value, bool):
        return f"expected boolean, got &{{{go_value(value)}}}"
    if isinstance(value, dict | list):
        return f"expected any scalar, got &{{{go_value(value)}}}"
    return ""


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    return "map[string]interface {}" if isinstance(value, dict) else "[]interface {}"


def _go_syntax(value: Any) -> str:
    """As Go's %#v prints a decoded value."""
    if isinstance(value, dict):
        inside = ", ".join(f"{show(name)}:{_go_syntax(value[name])}" for name in sorted(value))
        return f"map[string]interface {{}}{{{inside}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_go_syntax, value))}}}"
    return "interface {}(nil)" if value is None else show(value)


def _list(shape: Shape, value: list[Any], path: str, found: list[str]) -> None:
    item = shape.item
    seen: set[str] = set()
    for at, each in enumerate(value):
        where = f"{path}[{at}]"
        if not shape.atomic:
            try:
                element = elements.of_item(shape, each)
            except elements.NoElement as error:
                _tell(found, path, f"element {at}: {error}")
                continue
            where = path + elements.shown((element,))
            if element in seen:
                _tell(found, path, f"duplicate entries for key {elements.shown((element,))}")
                continue
            seen.add(element)
        if item is not None:
            _value(item, each, where, found)


def _map(shape: Shape, value: dict[str, Any], path: str, found: list[str]) -> None:
    for name in sorted(value):
        declared = shape.fields.get(name)
        type_ = declared.type if declared is not None else shape.item
        where = f"{path}.{name}"
        if type_ is None:
            _tell(found, where, "field not declared in schema")
        else:
            _value(type_, value[name], where, found)
