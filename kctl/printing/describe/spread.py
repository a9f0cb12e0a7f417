"""Topology spread constraints, one a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.printing.describe.parts import selector_text
from kctl.printing.describe.writer import Writer

Object = dict[str, Any]


def spread_lines(out: Writer, constraints: Sequence[Object] | None, level: int = 0) -> None:
    """Nothing where there are none; in the order of their keys."""
    ordered = sorted(constraints or [], key=lambda one: str(one["topologyKey"]))
    for at, each in enumerate(ordered):
        title = "Topology Spread Constraints:" if at == 0 else ""
        text = (
            f"{each['topologyKey']}:{each['whenUnsatisfiable']} when max skew "
            f"{each['maxSkew']} is exceeded"
        )
        if each.get("labelSelector"):
            text += f" for selector {selector_text(each['labelSelector'])}"
        out.line(level, f"{title}\t{text}")
