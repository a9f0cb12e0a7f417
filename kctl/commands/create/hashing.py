"""--append-hash: a short name for a content, made as kubectl makes it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from kctl.printing.json_out import escape_html

_SAFE = str.maketrans({"0": "g", "1": "h", "3": "k", "a": "m", "e": "t"})
"""No vowels and nothing that reads as another character."""


def suffix(content: dict[str, Any]) -> str:
    """Ten characters of the content's SHA-256."""
    text = json.dumps(content, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(escape_html(text).encode()).hexdigest()
    return digest[:10].translate(_SAFE)
