"""JSON patches (RFC 6902), with the errors of the library that the API server uses."""

from __future__ import annotations

from typing import Any

from kctl.api.encode import copy
from kctl.api.patch.errors import PatchError

MAX_OPERATIONS = 10_000


def apply(original: dict[str, Any], patch: Any) -> Any:
    """A new document. Raises PatchError."""
    if not isinstance(patch, list) or not all(isinstance(each, dict) for each in patch):
        raise PatchError("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(patch) > MAX_OPERATIONS:
        raise PatchError(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(patch)}"
        )
    document = {"": copy(original)}
    for operation in patch:
        _operate(document, operation)
    return document[""]


def _operate(document: dict[str, Any], operation: dict[str, Any]) -> None:
    name, path = operation.get("op"), operation.get("path")
    if name not in _OPERATIONS:
        raise PatchError(f"Unexpected kind: {name}")
    if not isinstance(path, str):
        raise PatchError(f"{name} operation does not apply: missing path")
    _OPERATIONS[name](document, operation, path)


def _tokens(path: str) -> list[str]:
    """The pointer's parts, under the root that holds the document as its member ""."""
    if path and not path.startswith("/"):
        raise PatchError(f"unable to find path: {path!r}: missing value")
    parts = path.split("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def _walk(document: dict[str, Any], path: str, name: str) -> tuple[Any, str]:
    """The container of what `path` names, and the last token."""
    *parents, last = _tokens(path)
    inside: Any = document
    for token in parents:
        try:
            inside = _member(inside, token)
        except (KeyError, IndexError, ValueError, TypeError):
            inside = None
        if not isinstance(inside, dict | list):
            raise PatchError(
                f'{name} operation does not apply: doc is missing path: "{path}": missing value'
            )
    return inside, last


def _member(container: Any, token: str) -> Any:
    if isinstance(container, list):
        return container[_index(token, len(container) - 1)]
    return container[token]


def _index(token: str, last: int) -> int:
    """Raises ValueError or IndexError."""
    if not (token.isascii() and token.isdigit()):
        raise ValueError(token)
    at = int(token)
    if at > last:
        raise IndexError(token)
    return at


def _find(document: dict[str, Any], path: str, name: str) -> tuple[Any, str, Any]:
    container, last = _walk(document, path, name)
    try:
        return container, last, _member(container, last)
    except (KeyError, IndexError, ValueError):
        raise PatchError(
            f"{name} operation does not apply: doc is missing key: {path}: missing value"
        ) from None


def _value(operation: dict[str, Any], name: str) -> Any:
    if "value" not in operation:
        raise PatchError(f"{name} operation does not apply: missing value")
    return copy({"": operation["value"]})[""]


def _put(document: dict[str, Any], path: str, value: Any, name: str) -> None:
    container, last = _walk(document, path, name)
    if isinstance(container, dict):
        container[last] = value
        return
    try:
        at = len(container) if last == "-" else _index(last, len(container))
    except (ValueError, IndexError):
        text = f"Unable to access invalid index: {last}: invalid index referenced"
        raise PatchError(f"{name} operation does not apply: {text}") from None
    container.insert(at, value)


def _take(document: dict[str, Any], path: str, name: str) -> Any:
    container, last, value = _find(document, path, name)
    if isinstance(container, list):
        del container[int(last)]
    else:
        del container[last]
    return value


def _add(document: dict[str, Any], operation: dict[str, Any], path: str) -> None:
    _put(document, path, _value(operation, "add"), "add")


def _remove(document: dict[str, Any], operation: dict[str, Any], path: str) -> None:
    _take(document, path, "remove")


def _replace(document: dict[str, Any], operation: dict[str, Any], path: str) -> None:
    value = _value(operation, "replace")
    container, last, _ = _find(document, path, "replace")
    container[int(last) if isinstance(container, list) else last] = value


def _move(document: dict[str, Any], operation: dict[str, Any], path: str) -> None:
    source = _source(operation, "move")
    if path.startswith(f"{source}/"):
        raise PatchError(f"move operation does not apply: {source} is an ancestor of {path}")
    _put(document, path, _take(document, source, "move"), "move")


def _copy(document: dict[str, Any], operation: dict[str, Any], path: str) -> None:
    _, _, value = _find(document, _source(operation, "copy"), "copy")
    _put(document, path, copy({"": value})[""], "copy")


def _source(operation: dict[str, Any], name: str) -> str:
    source = operation.get("from")
    if not isinstance(source, str):
        raise PatchError(f"{name} operation does not apply: missing from")
    return source


def _test(document: dict[str, Any], operation: dict[str, Any], path: str) -> None:
    wanted = operation.get("value")
    container, last = _walk(document, path, "test")
    try:
        found = _member(container, last)
    except (KeyError, IndexError, ValueError):
        found = None
        if wanted is not None:
            text = f"error in test for path: '{path}': missing value"
            raise PatchError(f"testing value {path} failed: {text}") from None
    if not _same(found, wanted):
        raise PatchError(f"testing value {path} failed: test failed")


def _same(one: Any, other: Any) -> bool:
    """JSON equality: unlike Python's, true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


_OPERATIONS = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
