"""$(VAR) references in commands, arguments and variables, by Kubernetes' rules.

A reference to a variable that is not defined stays as it is written; "$$" is a literal
"$", so "$$(VAR)" is never expanded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_REFERENCE = re.compile(r"\$(?:(\$)|\(([^)]*)\))")


def expand(text: str, variables: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        return variables.get(match[2], match[0])

    return _REFERENCE.sub(value, text) if "$" in text else text


def expand_all(texts: Sequence[str] | None, variables: Mapping[str, str]) -> tuple[str, ...] | None:
    """None (not given) stays None."""
    return tuple(expand(each, variables) for each in texts) if texts else None
