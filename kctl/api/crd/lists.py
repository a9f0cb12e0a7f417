"""Lists whose type is "set" or "map": no item, or no set of keys, stands twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api.fields import FieldError, child, show

Json = Mapping[str, Any]


def check_lists(value: Any, schema: Json, path: str = "") -> list[FieldError]:
    """Items that stand twice in lists whose type is "set" or "map"."""
    errors: list[FieldError] = []
    if isinstance(value, list):
        errors += _twice(value, schema, path)
        items = schema.get("items")
        if isinstance(items, dict):
            for at, item in enumerate(value):
                errors += check_lists(item, items, f"{path}[{at}]")
    elif isinstance(value, dict):
        properties = schema.get("properties") or {}
        additional = schema.get("additionalProperties")
        for name, item in value.items():
            below = properties.get(name)
            if below is not None:
                errors += check_lists(item, below, child(path, name))
            elif isinstance(additional, dict):
                errors += check_lists(item, additional, f"{path}[{name}]")
    return errors


def _twice(value: list[Any], schema: Json, path: str) -> list[FieldError]:
    kind = schema.get("x-kubernetes-list-type")
    if kind not in ("set", "map"):
        return []
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    seen: set[str] = set()
    errors: list[FieldError] = []
    for at, item in enumerate(value):
        shown: Any = item
        if kind == "map":
            if not isinstance(item, dict):
                continue
            shown = {name: item[name] for name in sorted(keys) if name in item}
        text = show(shown)
        if text in seen:
            errors.append(FieldError("FieldValueDuplicate", f"{path}[{at}]", "", text))
        seen.add(text)
    return errors
