"""A checked expression as the CEL library hands it over: protobuf, read by hand.

The message is cel.expr.CheckedExpr (https://github.com/google/cel-spec, checked.proto and
syntax.proto). Only what evaluation asks for is read, so that no protobuf runtime is needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

Fields = dict[int, list[Any]]


class Constant(NamedTuple):
    value: Any


class Uint(int):
    """An unsigned integer of CEL, which is another type than int."""


class Ident(NamedTuple):
    name: str


class Select(NamedTuple):
    operand: Node
    field: str
    test_only: bool
    """has(operand.field)"""


class Call(NamedTuple):
    function: str
    target: Node | None
    args: tuple[Node, ...]


class ListNode(NamedTuple):
    elements: tuple[Node, ...]
    optional: frozenset[int]


class MapNode(NamedTuple):
    """(key, value, whether the value is an optional that may be missing)"""

    entries: tuple[tuple[Node, Node, bool], ...]
    message: str


class Comprehension(NamedTuple):
    iter_var: str
    iter_var2: str
    iter_range: Node
    accu_var: str
    accu_init: Node
    condition: Node
    step: Node
    result: Node


Node = Constant | Ident | Select | Call | ListNode | MapNode | Comprehension


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _parts(data: bytes) -> Iterator[tuple[int, Any]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
        elif kind == 1:
            yield number, data[at : at + 8]
            at += 8
        elif kind == 2:
            size, at = _varint(data, at)
            yield number, data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {kind}")


def _fields(data: bytes) -> Fields:
    found: Fields = {}
    for number, value in _parts(data):
        found.setdefault(number, []).append(value)
    return found


def _text(fields: Fields, number: int) -> str:
    return fields[number][-1].decode() if number in fields else ""


def checked(serialized: bytes) -> Node:
    """The expression of a google.protobuf.Any that holds a CheckedExpr."""
    return _expr(_fields(_fields(serialized)[2][-1])[4][-1])


def _expr(data: bytes) -> Node:
    fields = _fields(data)
    for number, read in _READERS.items():
        if number in fields:
            return read(fields[number][-1])
    return Constant(None)


def _constant(data: bytes) -> Node:
    for number, value in _parts(data):
        if number == 2:
            return Constant(bool(value))
        if number == 3:
            return Constant(value - (1 << 64) if value >> 63 else value)
        if number == 4:
            return Constant(Uint(value))
        if number == 5:
            return Constant(struct.unpack("<d", value)[0])
        if number == 6:
            return Constant(value.decode())
        if number == 7:
            return Constant(bytes(value))
    return Constant(None)


def _ident(data: bytes) -> Node:
    return Ident(_text(_fields(data), 1).lstrip("."))


def _select(data: bytes) -> Node:
    fields = _fields(data)
    return Select(_expr(fields[1][-1]), _text(fields, 2), bool(fields.get(3, [0])[-1]))


def _call(data: bytes) -> Node:
    fields = _fields(data)
    target = _expr(fields[1][-1]) if 1 in fields else None
    return Call(_text(fields, 2), target, tuple(_expr(each) for each in fields.get(3, ())))


def _list(data: bytes) -> Node:
    fields = _fields(data)
    optional: set[int] = set()
    for value in fields.get(2, ()):
        if isinstance(value, int):
            optional.add(value)
            continue
        at = 0
        while at < len(value):
            index, at = _varint(value, at)
            optional.add(index)
    return ListNode(tuple(_expr(each) for each in fields.get(1, ())), frozenset(optional))


def _struct(data: bytes) -> Node:
    fields = _fields(data)
    entries = []
    for raw in fields.get(2, ()):
        entry = _fields(raw)
        key = _expr(entry[3][-1]) if 3 in entry else Constant(_text(entry, 2))
        entries.append((key, _expr(entry[4][-1]), bool(entry.get(5, [0])[-1])))
    return MapNode(tuple(entries), _text(fields, 1))


def _comprehension(data: bytes) -> Node:
    fields = _fields(data)
    parts = {number: _expr(fields[number][-1]) for number in (2, 4, 5, 6, 7)}
    return Comprehension(
        _text(fields, 1), _text(fields, 8), parts[2], _text(fields, 3), parts[4], parts[5],
        parts[6], parts[7],
    )  # fmt: skip


_READERS = {
    3: _constant,
    4: _ident,
    5: _select,
    6: _call,
    7: _list,
    8: _struct,
    9: _comprehension,
}
