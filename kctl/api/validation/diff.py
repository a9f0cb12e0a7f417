"""How an error text shows what differs between two objects."""

from __future__ import annotations

import difflib
import json
from typing import Any


def difference(old: Any, new: Any) -> str:
    """A unified diff of both as indented JSON, without its file header."""
    before, after = _lines(old), _lines(new)
    lines = list(difflib.unified_diff(before, after, lineterm=""))
    return "\n".join(lines[2:]) + "\n"


def _lines(value: Any) -> list[str]:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).splitlines()
