"""Objects in the shape that a client asked for: whole, as rows of a Table, or their
metadata alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kctl.api.kind import Cell, Kind, Object
from kctl.printing.cells import human_duration
from kctl.server.negotiate import Shape


def shaped(kind: Kind, obj: Object, shape: Shape, now: float) -> Object:
    """One object."""
    if shape.kind == "Table":
        return table(kind, [obj], list_meta(obj), shape, now)
    if shape.kind:
        return {**partial(obj), "apiVersion": f"meta.k8s.io/{shape.version}"}
    return obj


def list_meta(obj: Object) -> Object:
    return {"resourceVersion": obj["metadata"].get("resourceVersion", "")}


def shaped_list(
    kind: Kind, objects: Sequence[Object], meta: Object, shape: Shape, now: float
) -> Object:
    """A list whose ListMeta is `meta`, in another shape than the objects themselves."""
    if shape.kind == "Table":
        return table(kind, objects, meta, shape, now)
    if shape.kind:
        return {
            "kind": "PartialObjectMetadataList",
            "apiVersion": f"meta.k8s.io/{shape.version}",
            "metadata": meta,
            "items": [partial(each) for each in objects],
        }
    return {
        "kind": f"{kind.kind}List",
        "apiVersion": kind.api_version,
        "metadata": meta,
        "items": list(objects),
    }


def partial(obj: Object) -> Object:
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def table(
    kind: Kind,
    objects: Sequence[Object],
    meta: Object,
    shape: Shape,
    now: float,
    *,
    columns: bool = True,
) -> Object:
    """A Table; of a watch's events only the first has its columns."""
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{shape.version}",
        "metadata": meta,
        "columnDefinitions": definitions(kind) if columns else None,
        "rows": [_row(kind, each, shape, now) for each in objects],
    }


def definitions(kind: Kind) -> list[Object]:
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description,
            "priority": column.priority,
        }
        for column in kind.columns
    ]


def _row(kind: Kind, obj: Object, shape: Shape, now: float) -> Object:
    cells = [cell_value(each, now) for each in kind.row(obj)]
    if shape.include == "None":
        return {"cells": cells}
    whole = shape.include == "Object"
    shown = obj if whole else {**partial(obj), "apiVersion": f"meta.k8s.io/{shape.version}"}
    return {"cells": cells, "object": shown}


def cell_value(cell: Cell, now: float) -> Any:
    """Times become the duration since then. Control characters stay: that is for the client."""
    if not isinstance(cell, list):
        return cell
    return "".join(part if isinstance(part, str) else human_duration(now - part) for part in cell)
