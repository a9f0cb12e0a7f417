"""JSON texts that may hold several values, with the errors of Go's decoder."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class JsonSyntaxError(Exception):
    """Why a text is no JSON, as kubectl tells it."""


def read_values(text: str) -> list[Any]:
    """Every value of a text, one after the other. Raises JsonSyntaxError."""
    try:
        return [orjson.loads(text)]
    except orjson.JSONDecodeError:
        return _several(text)


def _several(text: str) -> list[Any]:
    values, at = [], 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at >= len(text):
            return values
        try:
            value, at = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise JsonSyntaxError("json: exceeded max depth") from None
        except json.JSONDecodeError as error:
            raise JsonSyntaxError(f"json: {error.msg}") from None
        values.append(value)
