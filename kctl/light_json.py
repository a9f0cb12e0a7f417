"""Reading JSON without the `json` package, whose import (it pulls in `re`) costs more than
a whole read command should.

Stands on the scanner that CPython's own `json` uses; only for text that kctl wrote itself.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


class _Standard:
    """What the scanner asks of a decoder."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo: dict[str, str] = {}


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError where it is none."""
    if isinstance(text, bytes):
        text = text.decode()
    try:
        value, _ = _scan(text, 0)
    except StopIteration:
        raise ValueError("not a JSON text") from None
    return value


def _scanner() -> Any:
    try:
        from _json import make_scanner
    except ImportError:  # another Python than CPython
        import json

        return json.JSONDecoder(strict=False).raw_decode
    context: Any = _Standard
    return make_scanner(context)


_scan = _scanner()
