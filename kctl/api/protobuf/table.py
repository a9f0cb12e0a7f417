"""The messages of the v1.37 API: numbers, names and types of their fields.

The table (`messages.json`, made by scripts/make_protobuf_table.py, which documents its
format) is read once; a message is taken apart when it is first used.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import orjson

TABLE = Path(__file__).parent / "messages.json"
MAGIC = b"k8s\0"
CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
GROUPS = {
    "": "core",
    "rbac.authorization.k8s.io": "rbac",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "internal.apiserver.k8s.io": "apiserverinternal",
    "apiextensions.k8s.io": "%apiextensions",
}
"""The part of a message's name that stands for a group, where it is not the group's own
first word."""
OPTIONS = frozenset(
    (
        "CreateOptions",
        "DeleteOptions",
        "GetOptions",
        "ListOptions",
        "PatchOptions",
        "Status",
        "UpdateOptions",
        "WatchEvent",
    )
)
"""Kinds of meta.k8s.io that clients send under the group and version of the request."""


ALWAYS_TYPES = frozenset("silbqpy")
"""Types whose zero JSON can hold: text, numbers, truth, quantities. A time's zero is null."""


class Field(NamedTuple):
    """One field. `type` is a letter of the table or a message's name; `shape` is "[]", "{}"
    or ""; `pointer`: absent differs from zero; `always`: JSON holds it even when zero;
    `inline`: a message whose fields JSON holds in the parent's place."""

    number: int
    name: str
    type: str
    shape: str
    pointer: bool
    always: bool
    is_message: bool

    @property
    def inline(self) -> bool:
        return self.name == "-"

    @property
    def go_name(self) -> str:
        """As Go's errors name it: "Replicas"."""
        return self.name[:1].upper() + self.name[1:]


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = orjson.loads(TABLE.read_bytes())
    return table


@cache
def message(name: str) -> dict[int, Field]:
    """The fields of a message by number. Raises KeyError where there is none of the name."""
    text = _table()[name]
    fields = [_field(part) for part in text.split(",")] if text else []
    return {field.number: field for field in fields}


@cache
def always(name: str) -> tuple[Field, ...]:
    """The scalar fields that JSON holds in any case."""
    fields = message(name).values()
    return tuple(field for field in fields if field.always and field.type in ALWAYS_TYPES)


def _field(text: str) -> Field:
    number, name, type_ = text.split(" ")
    pointer, always = type_[0] == "?", type_[0] == "!"
    type_ = type_.lstrip("?!")
    shape = type_[:2] if type_[:2] in ("[]", "{}") else ""
    type_ = type_.removeprefix(shape)
    is_message = type_[0] == "@"
    return Field(int(number), name, type_.lstrip("@"), shape, pointer, always, is_message)


def message_of(api_version: str, kind: str) -> str | None:
    """The name of a kind's message, None where the table has none."""
    group, _, version = api_version.rpartition("/")
    first = GROUPS.get(group) or group.partition(".")[0]
    name = f"+meta.v1.{kind}" if kind in OPTIONS else f"{first}.{version}.{kind}"
    return name if name in _table() else None


def names() -> list[str]:
    """The names of all messages."""
    return list(_table())
