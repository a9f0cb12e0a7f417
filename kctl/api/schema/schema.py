"""The structure of every built-in type of the v1.37 API: fields, types, list and merge keys.

The table (`v1_37.json`, made by scripts/make_schema.py, which documents its format) is
read once, in about two milliseconds; a definition is taken apart when it is first used.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

TABLE = Path(__file__).parent / "v1_37.json"
PREFIXES = (
    ("io.k8s.api.", ""),
    ("io.k8s.apimachinery.pkg.apis.", "+"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.", "%"),
    ("io.k8s.kube-aggregator.pkg.apis.", "^"),
)
OBJECT_META = "+meta.v1.ObjectMeta"


class Field(NamedTuple):
    """One field. `type` is in the notation of the table ("s", "[]@core.v1.Container").

    listing: "map", "set", "atomic" or "", how lists merge on apply; keys: of a map list.
    strategy: "merge", "replace", "retainKeys", "merge,retainKeys" or "", how a strategic
    merge patch treats the field; merge_key: of a list that it merges, "" for scalars.
    """

    type: str
    required: bool = False
    listing: str = ""
    keys: tuple[str, ...] = ()
    strategy: str = ""
    merge_key: str = ""

    @property
    def item(self) -> str:
        """The type of the values of a list or map."""
        return self.type[2:]

    @property
    def is_list(self) -> bool:
        return self.type.startswith("[]")

    @property
    def merges(self) -> bool:
        return "merge" in self.strategy

    @property
    def retains_keys(self) -> bool:
        return "retainKeys" in self.strategy


class Definition(NamedTuple):
    """One type with its fields by name."""

    name: str
    fields: dict[str, Field]

    @property
    def go_name(self) -> str:
        """As Go's errors print the type: "v1.PodSpec"."""
        return ".".join(self.name.rsplit(".", 2)[-2:])

    @property
    def short_name(self) -> str:
        return self.name.rpartition(".")[2]


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = orjson.loads(TABLE.read_bytes())
    return table


@cache
def definition(name: str) -> Definition | None:
    """By the name in the API's OpenAPI ("io.k8s.api.apps.v1.Deployment") or in the table
    ("apps.v1.Deployment"); None where the API has no such type."""
    short = shortened(name)
    entry = _table().get(short)
    if entry is None:
        return None
    fields, required = entry
    return Definition(short, {key: _field(value, key in required) for key, value in fields.items()})


def _field(entry: Any, required: bool) -> Field:
    if isinstance(entry, str):
        return Field(entry, required)
    type_, listing, keys, strategy, merge_key = entry
    return Field(type_, required, listing, tuple(keys), strategy, merge_key)


def shortened(name: str) -> str:
    """The name of a definition as the table has it."""
    for prefix, sign in PREFIXES:
        if name.startswith(prefix):
            return sign + name.removeprefix(prefix)
    return name


def definitions() -> list[str]:
    """The names of all definitions, as the table has them."""
    return list(_table())
