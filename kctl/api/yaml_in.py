"""One YAML document to JSON values, from the events of libyaml's parser.

Built without recursion and with bounds on depth and on what aliases may add; see
`kctl.api.yaml_scalars` for how scalars are read.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from kctl.api.manifests import YamlError
from kctl.api.schema.readers import number_text
from kctl.api.yaml_scalars import resolve

MAX_DEPTH = 1000
"""Nesting; deeper texts hold no Kubernetes object, and JSON encoders stop there."""
MAX_ALIASED = 400_000
"""Nodes that aliases may repeat in one document, all together."""

_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"
_VERSION = re.compile(r"%YAML[ \t]+(\S+)")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Map:
    """A mapping that is being read: the entries, and a key that waits for its value."""

    __slots__ = ("anchor", "items", "key", "merges", "size", "waits")

    def __init__(self, anchor: str | None) -> None:
        self.anchor, self.items, self.merges = anchor, {}, []  # type: ignore[var-annotated]
        self.key, self.waits, self.size = "", False, 1


class _List:
    __slots__ = ("anchor", "items", "size")

    def __init__(self, anchor: str | None) -> None:
        self.anchor, self.items, self.size = anchor, [], 1  # type: ignore[var-annotated]


_Open = _Map | _List


def read_document(text: str) -> Any:
    """The value of one document, None for an empty one. Raises YamlError."""
    version = _VERSION.match(text)
    if version is not None and version[1] != "1.1":
        raise YamlError("yaml: found incompatible YAML document")
    return _Reader().read(text)


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise YamlError(_words(error)) from None
    except yaml.YAMLError as error:
        raise YamlError(_reader_words(error)) from None


class _Reader:
    """Builds one value out of events."""

    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open: set[str] = set()
        self._aliased = 0
        self._value: Any = None
        self._done = False

    def read(self, text: str) -> Any:
        for event in _events(text):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value = _scalar(event)
                if event.anchor:
                    self._anchors[event.anchor] = (value, 1)
                merge = event.value == _MERGE and event.implicit[0] and not event.style
                self._add(value, 1, merge=merge)
            elif kind is yaml.MappingStartEvent:
                self._push(_Map(event.anchor))
            elif kind is yaml.SequenceStartEvent:
                self._push(_List(event.anchor))
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._pop()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentEndEvent:
                break
        return self._value

    def _push(self, opened: _Open) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise YamlError(f"yaml: exceeded max depth of {MAX_DEPTH}")
        if opened.anchor:
            self._open.add(opened.anchor)
        self._stack.append(opened)

    def _pop(self) -> None:
        closed = self._stack.pop()
        value = _merged(closed) if isinstance(closed, _Map) else closed.items
        if closed.anchor:
            self._open.discard(closed.anchor)
            self._anchors[closed.anchor] = (value, closed.size)
        self._add(value, closed.size)

    def _alias(self, event: Any) -> None:
        name = event.anchor
        if name in self._open:
            raise YamlError(f"yaml: anchor '{name}' value contains itself")
        if name not in self._anchors:
            raise YamlError(f"yaml: unknown anchor '{name}' referenced")
        value, size = self._anchors[name]
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            raise YamlError("yaml: document contains excessive aliasing")
        self._add(value, size)

    def _add(self, value: Any, size: int, *, merge: bool = False) -> None:
        if not self._stack:
            if not self._done:
                self._value, self._done = value, True
            return
        inside = self._stack[-1]
        inside.size += size
        if isinstance(inside, _List):
            inside.items.append(_json_value(value))
        elif not inside.waits:
            inside.key = _NULL_KEY if value is None else _MERGE_KEY if merge else _key(value)
            inside.waits = True
        else:
            inside.waits = False
            if inside.key is _NULL_KEY:
                shown = "<nil>" if value is None else _go_syntax(value)
                raise YamlError(
                    f"unsupported map key of type: %!s(<nil>), key: <nil>, value: {shown}"
                )
            if inside.key is _MERGE_KEY:
                inside.merges += _mergeable(value)
            else:
                inside.items[inside.key] = _json_value(value)


_MERGE_KEY, _NULL_KEY = str(object()), str(object())


def _mergeable(value: Any) -> list[dict[str, Any]]:
    """What "<<" brings in: a map, or a list of maps of which the first counts most."""
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return value
    raise YamlError("yaml: map merge requires map or sequence of maps as the value")


def _merged(opened: _Map) -> dict[str, Any]:
    if not opened.merges:
        return opened.items
    merged: dict[str, Any] = {}
    for each in (*reversed(opened.merges), opened.items):
        merged.update(each)
    return merged


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        shown = "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
        raise YamlError(f"json: unsupported value: {shown}")
    return value


def _key(value: Any) -> str:
    """A key of a JSON object, as sigs.k8s.io/yaml turns YAML's keys into strings."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float_key(value)
    raise YamlError(f"yaml: invalid map key: {_go_syntax(value)}")


def _go_syntax(value: Any) -> str:
    """A value as Go's %#v prints it."""
    if isinstance(value, dict):
        inside = ", ".join(f"{_go_syntax(key)}:{_go_syntax(each)}" for key, each in value.items())
        return f"map[interface {{}}]interface {{}}{{{inside}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_go_syntax, value))}}}"
    if value is None:
        return "interface {}(nil)"
    return json.dumps(value, ensure_ascii=False)


def _float_key(value: float) -> str:
    if value != value:
        return ".nan"
    if abs(value) == float("inf"):
        return ".inf" if value > 0 else "-.inf"
    return number_text(value)


# --- scalars ---


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.implicit[0] and (event.tag is None or event.tag == "!") and not event.style:
        return resolve(text) if event.tag is None else text
    if event.tag is None or event.tag == "!":
        return text
    return _tagged(event.tag, text)


_TAGGED: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "null": (type(None),),
}


def _tagged(tag: str, text: str) -> Any:
    short = tag.removeprefix(_TAG)
    if tag == short or short == "str":
        return text
    if short == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise YamlError("yaml: !!binary value contains invalid base64 data") from None
    value: Any = resolve(text)
    wanted = _TAGGED.get(short)
    if short == "timestamp":
        return text
    if wanted is None or not isinstance(value, wanted):
        shown = {bool: "bool", int: "int", float: "float", str: "str"}.get(type(value), "null")
        raise YamlError(f"yaml: cannot decode !!{shown} `{text}` as a !!{short}")
    return value


# --- errors ---


def _words(error: Any) -> str:
    """The message of go-yaml, whose scanner and parser are libyaml's."""
    problem = error.problem or "unknown problem parsing YAML content"
    line = 0
    if error.problem_mark is not None and error.problem_mark.line:
        line = error.problem_mark.line
        if isinstance(error, yaml.scanner.ScannerError):
            line += 1
    elif error.context_mark is not None:
        line = error.context_mark.line
    where = f"line {line}: " if line else ""
    return f"yaml: {where}{problem}"


def _reader_words(error: yaml.YAMLError) -> str:
    return (
        "yaml: control characters are not allowed"
        if "character" in str(error)
        else (f"yaml: {error}")
    )
