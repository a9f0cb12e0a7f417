"""Manifests: YAML and JSON texts as kubectl reads them.

Bounded on purpose (CVE-2019-11253 and its kin): depth, aliases and size are checked on the
parser's event stream, and values are built without recursion, so that no text can crash
the process or hold it up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kctl.api.json_text import JsonSyntaxError, read_values

MAX_BYTES = 64 * 1024 * 1024
"""Of one text, decoded: far more than any control plane takes in one go."""


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a text. `source` is the name that messages give to the text."""

    obj: Any
    source: str


class ManifestError(ValueError):
    """A text that cannot be read; the message is kubectl's, without the leading "error: "."""


def load(text: str | bytes, source: str) -> list[Document]:
    """Every document that holds something, in order. Raises ManifestError."""
    decoded = _decoded(text, source)
    try:
        if decoded.lstrip().startswith("{"):
            values = _json_or_yaml(decoded)
        else:
            values = list(_yaml_values(decoded))
    except (YamlError, JsonSyntaxError) as error:
        raise ManifestError(f"error parsing {source}: {error}") from None
    return [Document(value, source) for value in values if value is not None]


def _decoded(text: str | bytes, source: str) -> str:
    if len(text) > MAX_BYTES:
        raise ManifestError(f"error parsing {source}: the text is larger than {MAX_BYTES} bytes")
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    return text.decode("utf-8-sig", "replace")


def _json_or_yaml(text: str) -> list[Any]:
    """A text that starts like JSON; YAML's flow style looks the same."""
    try:
        return read_values(text)
    except JsonSyntaxError as error:
        if error.rest and not error.rest.startswith("---"):
            raise
        try:
            return list(_yaml_values(text))
        except YamlError:
            raise error from None


class YamlError(Exception):
    """Why a YAML document cannot be read."""

    def __str__(self) -> str:
        return f"error converting YAML to JSON: {self.args[0]}"


# --- documents ---

_SEPARATOR = re.compile(r"---[ \t]*(#.*)?\r?")


def _yaml_values(text: str) -> Iterator[Any]:
    from kctl.api.yaml_in import read_document

    for document in split(text):
        yield read_document(document)


def split(text: str) -> Iterator[str]:
    """The documents of a YAML text: lines of three dashes stand between them."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True) if "\r" not in text else text.split("\n"):
        ended = line if line.endswith("\n") else line + "\n"
        if _SEPARATOR.fullmatch(ended.rstrip("\n")):
            if lines:
                yield "".join(lines)
            lines = []
        else:
            lines.append(ended)
    if lines:
        yield "".join(lines)
