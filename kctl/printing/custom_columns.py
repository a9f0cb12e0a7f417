"""-o custom-columns: HEADER:PATH pairs, or a file of headers and paths."""

from __future__ import annotations

import re
from typing import Any

from kctl.printing.cells import clean
from kctl.printing.go_values import go_text
from kctl.printing.jsonpath import JsonPathError, Template, parse

_RELAXED = re.compile(r"^\{\.?([^{}]+)\}$|^\.?([^{}]+)$")


class Columns:
    """A parsed specification; `widths` of the printed table belong to the caller."""

    def __init__(self, headers: list[str], templates: list[Template]) -> None:
        self.headers, self._templates = headers, templates

    def row(self, obj: dict[str, Any]) -> list[str]:
        """One line: values of a column are joined by commas, <none> where there are none."""
        return [self._cell(template, obj) for template in self._templates]

    @staticmethod
    def _cell(template: Template, obj: dict[str, Any]) -> str:
        values = [value for results in template.results(obj) for value in results]
        if not values:
            return "<none>"
        return clean(",".join("<none>" if v is None else go_text(v) for v in values))


def from_spec(spec: str) -> Columns:
    """ "NAME:.metadata.name,IMAGE:.spec.containers[*].image". Raises ValueError with
    kubectl's texts."""
    if not spec:
        raise ValueError("custom-columns format specified but no custom columns given")
    headers, paths = [], []
    for part in spec.split(","):
        header, colon, path = part.partition(":")
        if not colon or ":" in path or not header or not path:
            raise ValueError(
                f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            )
        headers.append(header)
        paths.append(path)
    return _columns(headers, paths)


def from_template(text: str) -> Columns:
    """A line of headers and a line of paths, as custom-columns-file holds them."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError(
            "invalid template, missing header line. Expected format is one line of space "
            "separated headers, one line of space separated column specs."
        )
    if len(lines) < 2:
        raise ValueError(
            "invalid template, missing spec line. Expected format is one line of space "
            "separated headers, one line of space separated column specs."
        )
    headers, paths = lines[0], lines[1]
    if len(headers) != len(paths):
        raise ValueError(
            f"number of headers ({len(headers)}) and field specifications ({len(paths)}) "
            "don't match"
        )
    return _columns(headers, paths)


def _columns(headers: list[str], paths: list[str]) -> Columns:
    return Columns(headers, [parse(relaxed(path)) for path in paths])


def relaxed(path: str) -> str:
    """x.y, .x.y, {x.y} and {.x.y} are one: "{.x.y}". Raises ValueError."""
    if not path:
        return path
    match = _RELAXED.match(path)
    if match is None:
        raise JsonPathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
            "'{name1.name2}' or '{.name1.name2}'"
        )
    return "{." + (match.group(1) or match.group(2)) + "}"
