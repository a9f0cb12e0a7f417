"""JSON texts that may hold several values, with the errors of Go's decoder."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)


class JsonSyntaxError(Exception):
    """Why a text is no JSON, as kubectl tells it. `rest` is what follows the values that
    could be read, "" where there was none."""

    rest = ""


def read_values(text: str) -> list[Any]:
    """Every value of a text, one after the other. Raises JsonSyntaxError."""
    try:
        return [orjson.loads(text)]
    except orjson.JSONDecodeError:
        return _several(text)


def _several(text: str) -> list[Any]:
    values: list[Any] = []
    at = _skip(text, 0)
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise JsonSyntaxError("json: exceeded max depth") from None
        except json.JSONDecodeError:
            wrong = _go_error(text, at)
            wrong.rest = text[at:] if values else ""
            raise wrong from None
        values.append(value)
        at = _skip(text, end)
    return values


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _go_error(text: str, start: int) -> JsonSyntaxError:
    """What Go's decoder says where Python's gave up."""
    found = _first_error(text, start)
    if found is None:
        return JsonSyntaxError("unexpected EOF")
    at, where = found
    offset = len(text[:at].encode()) + 1
    char = text[at]
    shown = {"'": r"'\''", '"': "'\"'", "\n": r"'\n'", "\t": r"'\t'", "\r": r"'\r'"}.get(
        char, f"'{char}'"
    )
    return JsonSyntaxError(f"json: offset {offset}: invalid character {shown} {where}")


def _first_error(text: str, at: int) -> tuple[int, str] | None:
    """Where Go's scanner stops, and what it looked for; None at the end of the text."""
    stack: list[str] = []
    expects = "value"
    while True:
        at = _skip(text, at)
        if at >= len(text):
            return None
        char = text[at]
        if expects in ("value", "value or ]"):
            if char == "]" and expects == "value or ]":
                stack.pop()
                at, expects = at + 1, "after"
            elif char in "{[":
                stack.append(char)
                at, expects = at + 1, "key or }" if char == "{" else "value or ]"
            else:
                step = _scalar(text, at)
                if not isinstance(step, int):
                    return step
                at, expects = step, "after"
        elif expects in ("key", "key or }"):
            if char == "}" and expects == "key or }":
                stack.pop()
                at, expects = at + 1, "after"
            elif char != '"':
                return at, "looking for beginning of object key string"
            else:
                step = _string(text, at)
                if not isinstance(step, int):
                    return step
                at, expects = step, ":"
        elif expects == ":":
            if char != ":":
                return at, "after object key"
            at, expects = at + 1, "value"
        else:
            inside = stack[-1] if stack else ""
            if not inside:
                return at, "after top-level value"
            closing = "}" if inside == "{" else "]"
            if char == ",":
                at, expects = at + 1, "key" if inside == "{" else "value"
            elif char == closing:
                stack.pop()
                at = at + 1
            else:
                pair = "object key:value pair" if inside == "{" else "array element"
                return at, f"after {pair}"


_Step = int | tuple[int, str] | None
"""Where a scalar ends; or where it is wrong, and how; None where the text ends in it."""


def _scalar(text: str, at: int) -> _Step:
    char = text[at]
    if char == '"':
        return _string(text, at)
    if char in _LITERALS:
        word = _LITERALS[char]
        for offset, wanted in enumerate(word):
            if at + offset >= len(text):
                return None
            if text[at + offset] != wanted:
                return at + offset, f"in literal {word} (expecting '{wanted}')"
        return at + len(word)
    number = _NUMBER.match(text, at)
    if number:
        return number.end()
    if char == "-":
        return (at + 1, "in numeric literal") if at + 1 < len(text) else None
    return at, "looking for beginning of value"


def _string(text: str, at: int) -> _Step:
    at += 1
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1
        if char < " ":
            return at, "in string literal"
        if char == "\\":
            at += 1
            if at < len(text) and text[at] not in '"\\/bfnrtu':
                return at, "in string escape code"
        at += 1
    return None
