"""Regular expressions as Go has them: RE2, whose time grows with the text alone.

Patterns come from users (schemas, rules in CEL), so Python's own engine is out of the
question: one short pattern can keep it busy for years.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any


class PatternError(ValueError):
    """No regular expression; the text is RE2's."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """The RE2 pattern object. Raises PatternError."""
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0] if error.args else "invalid"
        text = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        raise PatternError(text) from None


def searches(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text. Raises PatternError."""
    return compiled(pattern).search(text) is not None
