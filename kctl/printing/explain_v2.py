"""What `explain --output=plaintext-openapiv2` prints of an OpenAPI 2.0 document: the layout
that kubectl had before version 3, byte for byte the same for the same document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kctl.printing.explain import Depth, ExplainError, Schema

WIDTH = 80
_TEXT, _FIELD, _FIELD_TEXT, _STEP = 5, 3, 5, 3
_BULLET = re.compile(r"^(\d+\.?|-|\*)\s", re.ASCII)


def explain(document: Schema, gvk: dict[str, str], path: Sequence[str], depth: Depth) -> str:
    """The text for a kind, or the field that `path` leads to. Raises ExplainError."""
    schema = next(
        (
            each
            for each in document["definitions"].values()
            if gvk in each.get("x-kubernetes-group-version-kind", ())
        ),
        None,
    )
    version = f"{gvk['group']}/{gvk['version']}" if gvk["group"] else gvk["version"]
    if schema is None:
        named = f"{gvk['group']}/{gvk['version']}, Kind={gvk['kind']}"
        raise ExplainError(f'couldn\'t find resource for "{named}"')
    definitions = _Definitions(document)
    found = definitions.look_up(schema, list(path))
    head = f"KIND:     {gvk['kind']}\nVERSION:  {version}\n\n"
    return head + definitions.page(found, path[-1] if path else "", depth)


class _Definitions:
    def __init__(self, document: Schema) -> None:
        self._all = document["definitions"]

    def _resolve(self, schema: Schema) -> Schema:
        found: Schema = self._all[schema["$ref"].rpartition("/")[2]]
        return found

    def look_up(self, schema: Schema, path: list[str]) -> Schema:
        """Lists, maps and references are passed through; what is no struct ends the search,
        whatever is left of the path."""
        while path:
            kind = _kind(schema)
            if kind == "reference":
                schema = self._resolve(schema)
            elif kind in ("list", "map"):
                schema = _below(schema)
            elif kind == "struct":
                if path[0] not in schema["properties"]:
                    raise ExplainError(f'field "{path[0]}" does not exist')
                schema = schema["properties"][path.pop(0)]
            else:
                break
        return schema

    def type_name(self, schema: Schema) -> str:
        kind = _kind(schema)
        if kind == "reference":
            return self.type_name(self._resolve(schema))
        if kind == "list":
            return "[]" + self.type_name(_below(schema))
        if kind == "map":
            return "map[string]" + self.type_name(_below(schema))
        return "Object" if kind == "struct" else str(schema.get("type", ""))

    def page(self, schema: Schema, name: str, depth: Depth) -> str:
        texts, type_name = [schema.get("description", "")], ""
        kind = _kind(schema)
        while kind in ("reference", "list", "map"):
            if kind != "reference":
                type_name = type_name or self.type_name(schema)
            schema = self._resolve(schema) if kind == "reference" else _below(schema)
            texts.append(schema.get("description", ""))
            kind = _kind(schema)
        title = ""
        type_name = type_name or self.type_name(schema)
        if kind == "struct" and name:
            title = f"RESOURCE: {name} <{type_name}>\n\n"
        elif kind == "scalar":
            title = f"FIELD:    {name} <{type_name}>\n\n"
        page = title + _described(texts)
        if kind == "struct":
            levels = depth.limit or -1
            tree = depth.recursive
            lines = self._tree(schema, _FIELD, (), levels) if tree else self._fields(schema)
            page += "\nFIELDS:\n" + "".join(lines)
        return page

    def _fields(self, schema: Schema) -> Iterator[str]:
        for name, field in sorted(schema["properties"].items()):
            required = " -required-" if name in schema.get("required", ()) else ""
            yield f"{' ' * _FIELD}{name}\t<{self.type_name(field)}>{required}\n"
            yield _wrapped(field.get("description", ""), _FIELD_TEXT) + "\n"

    def _tree(
        self, schema: Schema, margin: int, seen: tuple[str, ...], levels: int
    ) -> Iterator[str]:
        """Names and types alone; what is required is not told here."""
        if levels == 0:
            return
        for name, field in sorted(schema["properties"].items()):
            yield f"{' ' * margin}{name}\t<{self.type_name(field)}>\n"
            yield from self._branch(field, margin + _STEP, seen, levels - 1)

    def _branch(
        self, schema: Schema, margin: int, seen: tuple[str, ...], levels: int
    ) -> Iterator[str]:
        kind = _kind(schema)
        if kind == "struct":
            yield from self._tree(schema, margin, seen, levels)
        elif kind in ("list", "map"):
            yield from self._branch(_below(schema), margin, seen, levels)
        elif kind == "reference" and schema["$ref"] not in seen:
            below = (*seen, schema["$ref"])
            yield from self._branch(self._resolve(schema), margin, below, levels)


def _kind(schema: Schema) -> str:
    """ "reference", "struct", "map", "list", "scalar", or "any"."""
    if "$ref" in schema:
        return "reference"
    found = schema.get("type")
    if found == "object":
        return "struct" if schema.get("properties") else "map"
    if found == "array":
        return "list"
    if found is None:
        return "struct" if schema.get("properties") else "any"
    return "scalar"


def _below(schema: Schema) -> Schema:
    """The schema of the values of a list or map; of any content where it is not told."""
    found: Any = schema.get("items") or schema.get("additionalProperties")
    return found if isinstance(found, dict) else {}


def _described(texts: list[str]) -> str:
    page = "DESCRIPTION:\n"
    for at, text in enumerate(texts):
        if text:
            page += ("\n" if at else "") + _wrapped(text, _TEXT)
    return page if any(texts) else f"{page}{' ' * _TEXT}<empty>\n"


def _wrapped(text: str, margin: int) -> str:
    lines = _lines(text, WIDTH - margin)
    return "".join(f"{' ' * margin}{line}\n" if line else "\n" for line in lines)


def _lines(text: str, width: int) -> list[str]:
    """Words filled into lines. Code (four spaces), empty lines, list items and what follows
    a colon start anew."""
    found: list[str] = []
    words: list[str] = []
    last = ""

    def flush() -> None:
        nonlocal last
        if words:
            found.append(" ".join(words))
            words.clear()
            last = ""

    for line in text.split("\n"):
        code, empty = line.startswith("    "), not line.strip()
        if code or (found and empty):
            flush()
            found.append(line if code else "")
            continue
        if last.endswith(":") or empty or _BULLET.match(line.strip()):
            flush()
        for word in line.split():
            last = word
            if words and len(" ".join((*words, word)).encode()) > width:
                flush()
            words.append(word)
    flush()
    return found
