"""The functions of Go's templates, and those that kubectl adds."""

from __future__ import annotations

import base64
import binascii
import html as html_module
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from kctl.printing.go_template.lex import TemplateError
from kctl.printing.go_values import go_quote, go_syntax, go_text, go_type


def truth(value: Any) -> bool:
    """Go's: not the zero value."""
    return bool(value)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list):
            at = int(key)
            if not 0 <= at < len(value):
                raise TemplateError(f"error calling index: index out of range: {at}")
            value = value[at]
        elif value is None:
            raise TemplateError("error calling index: index of untyped nil")
        else:
            raise TemplateError(f"error calling index: can't index item of type {go_type(value)}")
    return value


def _length(value: Any) -> int:
    if isinstance(value, (dict, list)):
        return len(value)
    if isinstance(value, str):
        return len(value.encode())
    raise TemplateError(f"error calling len: len of type {go_type(value)}")


def _basic(value: Any) -> str:
    return go_type(value).rstrip("0123456789")


def _equal(first: Any, *others: Any) -> bool:
    for other in others:
        if first is not None and other is not None and _basic(first) != _basic(other):
            raise TemplateError("error calling eq: incompatible types for comparison")
    return any(first == other for other in others)


def _less(first: Any, second: Any) -> bool:
    if _basic(first) != _basic(second):
        raise TemplateError("error calling lt: incompatible types for comparison")
    return bool(first < second)


def _exists(value: Any, *keys: Any) -> bool:
    """kubectl's: is there something under these keys?"""
    for key in keys:
        inside_map = isinstance(value, dict) and key in value
        inside_list = isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value)
        if inside_map or inside_list:
            value = value[key]
        else:
            return False
    return value is not None


def _base64decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise TemplateError("error calling base64decode: base64 decode failed") from None


def _print(*values: Any) -> str:
    """Spaces between operands when neither is a string."""
    parts: list[str] = []
    for at, value in enumerate(values):
        if at and not isinstance(value, str) and not isinstance(values[at - 1], str):
            parts.append(" ")
        parts.append(go_text(value))
    return "".join(parts)


_VERB = re.compile(r"%([-+# 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")


def _printf(form: str, *values: Any) -> str:
    left = list(values)

    def one(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        if not left:
            return f"%!{verb}(MISSING)"
        text = _verb(verb, precision, left.pop(0), "#" in flags)
        fill = "0" if "0" in flags and "-" not in flags else " "
        size = int(width or 0)
        return text.ljust(size) if "-" in flags else text.rjust(size, fill)

    text = _VERB.sub(one, form)
    extra = ", ".join(f"{go_type(value)}={go_text(value)}" for value in left)
    return text + (f"%!(EXTRA {extra})" if extra else "")


def _verb(verb: str, precision: str | None, value: Any, alternative: bool) -> str:
    if verb == "v":
        return go_syntax(value) if alternative else go_text(value)
    if verb == "s" and isinstance(value, str):
        return value[: int(precision)] if precision else value
    if verb == "q" and isinstance(value, str):
        return go_quote(value)
    if verb == "T":
        return go_type(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if verb == "d" and isinstance(value, int) and number:
        return str(value)
    if verb in "feg" and isinstance(value, float):
        return f"{value:.{precision or 6}{verb}}"
    if verb == "t" and isinstance(value, bool):
        return go_text(value)
    if verb in "xX" and isinstance(value, int) and number:
        return format(value, verb)
    return f"%!{verb}({go_type(value)}={go_text(value)})"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "index": _index,
    "len": _length,
    "not": lambda value: not truth(value),
    "eq": _equal,
    "ne": lambda first, second: not _equal(first, second),
    "lt": _less,
    "le": lambda first, second: not _less(second, first),
    "gt": lambda first, second: _less(second, first),
    "ge": lambda first, second: not _less(first, second),
    "print": _print,
    "println": lambda *values: " ".join(go_text(value) for value in values) + "\n",
    "printf": _printf,
    "html": lambda *values: html_module.escape(_print(*values)),
    "js": lambda *values: json.dumps(_print(*values))[1:-1],
    "urlquery": lambda *values: quote_plus(_print(*values)),
    "slice": lambda value, *bounds: value[slice(*bounds)],
    "exists": _exists,
    "base64decode": _base64decode,
}
