"""Rows of tables, kept for as long as their objects stay as they are.

`kubectl get` asks for a Table, of mostly the same objects again and again. What a row takes
from its object (cells and metadata) is worked out once a revision; an answer is then put
together from texts, with the times of the moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from kctl.api.encode import decode
from kctl.api.kind import Cell, Kind, Object
from kctl.server.negotiate import Shape
from kctl.server.shapes import cell_value, definitions, partial
from kctl.store.types import Key, Record

ROOM = 20_000
"""Rows that are kept; where there are more the oldest thousand make room."""


class Row(NamedTuple):
    """`cells` as the kind gives them, `timed` where some of them hold times; `metadata` is the
    JSON of a PartialObjectMetadata."""

    kind: Kind
    revision: int
    cells: list[Cell]
    timed: bool
    text: bytes
    metadata: bytes


class Rows:
    """Safe to use from several threads."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._known: dict[tuple[Key, str], Row] = {}

    def table(
        self, kind: Kind, records: Iterable[Record], meta: Object, shape: Shape, now: float
    ) -> bytes:
        """A Table of records as JSON; `shape.include` is not "Object"."""
        head = orjson.dumps(
            {
                "kind": "Table",
                "apiVersion": f"meta.k8s.io/{shape.version}",
                "metadata": meta,
                "columnDefinitions": definitions(kind),
            }
        )
        bare = shape.include == "None"
        lines = [_line(self._row(kind, each, shape.version), now, bare) for each in records]
        return b'%b,"rows":[%b]}' % (head[:-1], b",".join(lines))

    def _row(self, kind: Kind, record: Record, version: str) -> Row:
        place = (record.key, version)
        known = self._known.get(place)
        if known is not None and known.revision == record.revision and known.kind is kind:
            return known
        obj = decode(record)
        cells = kind.row(obj)
        timed = any(isinstance(cell, list) for cell in cells)
        shown = {**partial(obj), "apiVersion": f"meta.k8s.io/{version}"}
        made = Row(
            kind,
            record.revision,
            cells,
            timed,
            b"" if timed else orjson.dumps(cells),
            orjson.dumps(shown),
        )
        if len(self._known) >= self._room:
            self._make_room()
        self._known[place] = made
        return made

    def _make_room(self) -> None:
        for place in list(self._known)[:1000]:
            self._known.pop(place, None)


def _line(row: Row, now: float, bare: bool) -> bytes:
    cells = row.text
    if row.timed:
        values: list[Any] = [cell_value(cell, now) for cell in row.cells]
        cells = orjson.dumps(values)
    return b'{"cells":%b}' % cells if bare else b'{"cells":%b,"object":%b}' % (cells, row.metadata)
