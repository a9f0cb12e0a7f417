"""`kctl describe limits`, and the limits in `kctl describe namespace`."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.writer import Writer
from kctl.printing.types import Related

Object = dict[str, Any]

_TITLES = "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio"
_DASHES = "----\t--------\t---\t---\t---------------\t-------------\t-----------------------"
_GROUPS = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")


class LimitRangeDescriber:
    """One line for each type and resource."""

    resource = "limitranges"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        out.line(0, f"Name:\t{obj['metadata']['name']}")
        out.line(0, f"Namespace:\t{obj['metadata']['namespace']}")
        out.line(0, _TITLES)
        out.line(0, _DASHES)
        _lines(out, obj, "")
        return out.text()


def limit_lines(out: Writer, ranges: list[Object]) -> None:
    """As the description of their namespace shows them."""
    if not ranges:
        out.line(0, "No LimitRange resource.")
        return
    out.line(0, f"Resource Limits\n {_TITLES}")
    out.line(0, f" {_DASHES}")
    for each in ranges:
        _lines(out, each, " ")


def _lines(out: Writer, obj: Object, prefix: str) -> None:
    for item in (obj.get("spec") or {}).get("limits") or ():
        for name in sorted({name for group in _GROUPS for name in item.get(group) or ()}):
            shown = [str((item.get(group) or {}).get(name, "-")) for group in _GROUPS]
            out.line(0, prefix + "\t".join([item.get("type", ""), name, *shown]))
