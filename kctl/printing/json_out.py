"""JSON as kubectl prints it: four spaces, and "<", ">", "&" escaped as Go's encoder does."""

from __future__ import annotations

import json
from typing import Any

_ESCAPED = {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def dump_json(obj: Any, *, ordered: bool = False) -> str:
    """The text with its last line end. Keys are sorted unless `ordered`: what a generator
    made prints in the order in which it was made, as Go prints a struct."""
    text = json.dumps(obj, indent=4, ensure_ascii=False, sort_keys=not ordered)
    return escape_html(text) + "\n"


def escape_html(text: str) -> str:
    """JSON text with what Go's encoder escapes beyond the standard."""
    for char, escape in _ESCAPED.items():
        if char in text:
            text = text.replace(char, escape)
    return text
