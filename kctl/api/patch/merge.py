"""JSON merge patches (RFC 7386)."""

from __future__ import annotations

from typing import Any


def apply(original: Any, patch: Any) -> Any:
    """A new value; neither argument is changed, and the result may share parts of both."""
    if not isinstance(patch, dict):
        return patch
    result = dict(original) if isinstance(original, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply(result.get(key), value)
    return result


def diff(original: dict[str, Any], modified: dict[str, Any]) -> dict[str, Any]:
    """The merge patch that makes `modified` of `original`."""
    patch: dict[str, Any] = {key: None for key in original if key not in modified}
    for key, value in modified.items():
        if key not in original:
            patch[key] = value
            continue
        before = original[key]
        if isinstance(value, dict) and isinstance(before, dict):
            inner = diff(before, value)
            if inner:
                patch[key] = inner
        elif value != before or type(value) is not type(before):
            patch[key] = value
    return patch
