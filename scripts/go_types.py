"""Read the struct types that a Go program carries in itself for reflection.

A statically linked ELF program of Go 1.20 to 1.26 is understood: the section .typelink
leads to type descriptors in .rodata, and those to all that they mention. Nothing is run.
"""

from __future__ import annotations

import struct
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

KINDS = {1: "bool", 5: "int32", 6: "int64", 8: "uint8", 14: "float64", 24: "string"}
MAP, POINTER, SLICE, STRUCT = 21, 22, 23, 25
HAS_UNCOMMON, EXTRA_STAR = 1, 2
EMBEDDED = 8


class Field(NamedTuple):
    name: str
    tag: str
    type: int
    embedded: bool


class Program:
    """The types of one program by their addresses."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._sections = dict(self._read_sections())
        self._types = self._sections[".rodata"][0]

    def _read_sections(self) -> list[tuple[str, tuple[int, int, int]]]:
        """(name, (address, offset, size)) of each."""
        (table,) = struct.unpack_from("<Q", self._data, 0x28)
        size, count, names = struct.unpack_from("<HHH", self._data, 0x3A)
        raw = [struct.unpack_from("<IIQQQQ", self._data, table + at * size) for at in range(count)]
        texts = raw[names][4]
        return [(self._text(texts + name), (a, o, s)) for name, _, _, a, o, s in raw]

    def _text(self, at: int) -> str:
        return self._data[at : self._data.index(b"\0", at)].decode()

    def _offset(self, address: int) -> int:
        for start, offset, size in self._sections.values():
            if start and start <= address < start + size:
                return offset + address - start
        raise ValueError(f"no section holds the address {address:#x}")

    def _unpack(self, layout: str, address: int) -> tuple[int, ...]:
        return struct.unpack_from("<" + layout, self._data, self._offset(address))

    def _name(self, address: int) -> tuple[str, str, int]:
        """(name, tag, flags)."""
        at = self._offset(address)
        flags = self._data[at]
        name, at = self._counted(at + 1)
        tag = self._counted(at)[0] if flags & 2 else ""
        return name, tag, flags

    def _counted(self, at: int) -> tuple[str, int]:
        length = shift = 0
        while True:
            byte = self._data[at]
            at += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return self._data[at : at + length].decode(), at + length

    def kind(self, of: int) -> int:
        return self._unpack("B", of + 23)[0] & 31

    def name(self, of: int) -> str:
        """The type's own name: "PodSpec", "[]string"."""
        (offset,) = self._unpack("i", of + 40)
        text = self._name(self._types + offset)[0]
        if self._unpack("B", of + 20)[0] & EXTRA_STAR:
            text = text[1:]
        return text if text[0] in "*[" or text.startswith("map[") else text.rpartition(".")[2]

    def package(self, of: int) -> str:
        """The import path of a named struct's package, "" for other types."""
        if self.kind(of) != STRUCT or not self._unpack("B", of + 20)[0] & HAS_UNCOMMON:
            return ""
        (offset,) = self._unpack("i", of + 80)
        return self._name(self._types + offset)[0]

    def element(self, of: int) -> int:
        """Of a pointer, slice or map."""
        return self._unpack("Q", of + (56 if self.kind(of) == MAP else 48))[0]

    def fields(self, of: int) -> list[Field]:
        start, count = self._unpack("QQ", of + 56)
        found = []
        for at in range(count):
            name, type_, _ = self._unpack("QQQ", start + 24 * at)
            text, tag, flags = self._name(name)
            found.append(Field(text, tag, type_, bool(flags & EMBEDDED)))
        return found

    @cached_property
    def structs(self) -> dict[str, int]:
        """Every named struct as "k8s.io/api/core/v1.PodSpec"."""
        found: dict[str, int] = {}
        _, at, size = self._sections[".typelink"]
        stack = [
            self._types + offset
            for (offset,) in struct.iter_unpack("<i", self._data[at : at + size])
        ]
        seen = set(stack)
        while stack:
            each = stack.pop()
            if package := self.package(each):
                found[f"{package}.{self.name(each)}"] = each
            for below in self._mentioned(each):
                if below not in seen:
                    seen.add(below)
                    stack.append(below)
        return found

    def _mentioned(self, of: int) -> list[int]:
        kind = self.kind(of)
        if kind in (MAP, POINTER, SLICE):
            return [self.element(of)]
        return [field.type for field in self.fields(of)] if kind == STRUCT else []
