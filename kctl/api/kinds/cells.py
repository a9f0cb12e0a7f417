"""Pieces of table rows that several kinds share.

A time never becomes text here: rows are stored, so a cell keeps the epoch and printing
turns it into "5m" (see `kctl.api.kind.Cell`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from kctl.api.kind import Cell, Column, Object
from kctl.api.selectors import from_object

NONE = "<none>"
UNKNOWN = "<unknown>"

NAME = Column("Name", format="name")
AGE = Column("Age")


def epoch(timestamp: str) -> int:
    """Whole epoch seconds of an RFC 3339 time (Time or MicroTime)."""
    return int(datetime.fromisoformat(timestamp).timestamp())


def since(timestamp: str | None) -> Cell:
    """The cell that prints as the duration since `timestamp`."""
    return [epoch(timestamp)] if timestamp else UNKNOWN


def age(obj: Object) -> Cell:
    return since(obj["metadata"].get("creationTimestamp"))


def part(obj: Object, name: str) -> dict[str, Any]:
    """The object below a field, made where it is missing or null, as Go's zero value is."""
    found = obj.get(name)
    if found is None:
        found = obj[name] = {}
    return cast(dict[str, Any], found)


def labels(mapping: Mapping[str, str] | None) -> str:
    """A set of labels as FormatLabels prints it: sorted "k=v", "<none>" when empty."""
    if not mapping:
        return NONE
    return ",".join(f"{name}={mapping[name]}" for name in sorted(mapping))


def selector(label_selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector in its string form, sorted by key; "" selects everything."""
    return str(from_object(label_selector))


def containers(pod_spec: Mapping[str, Any]) -> list[Cell]:
    """The CONTAINERS and IMAGES cells of a pod template."""
    listed = pod_spec.get("containers") or ()
    return [
        ",".join(each.get("name", "") for each in listed),
        ",".join(each.get("image", "") for each in listed),
    ]


def some(items: list[str], limit: int = 3) -> str:
    """The first few items: "a,b,c + 2 more..."."""
    text = ",".join(items[:limit])
    return f"{text} + {len(items) - limit} more..." if len(items) > limit else text
