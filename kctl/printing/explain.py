"""What `explain` prints of an OpenAPI 3.0 document: a type or field with its description,
and the fields below it.

The layout, the order of what is looked at and where a search gives up are those of
kubectl's plaintext template: byte for byte the same for the same document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Schema = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_SHOWN_VALUES = 4
NO_BREAK = "\u00a0"


class ExplainError(Exception):
    """Nothing to explain. `printed` is what kubectl has written by then."""

    def __init__(self, message: str, printed: str = "") -> None:
        super().__init__(message)
        self.message, self.printed = message, printed


class Resource(NamedTuple):
    """What is explained: "apps", "v1", "deployments"."""

    group: str
    version: str
    plural: str

    def __str__(self) -> str:
        return f"{self.group}/{self.version}, Resource={self.plural}"


class Depth(NamedTuple):
    """How far the fields of fields are listed; `limit` 0 is no limit."""

    recursive: bool = False
    limit: int = 0


def explain(document: Schema, resource: Resource, path: Sequence[str], depth: Depth) -> str:
    """The text for a resource, or the field that `path` leads to. Raises ExplainError."""
    gvk = _kind_behind(document, resource)
    if gvk is None:
        raise ExplainError(f"GVR ({resource}) not found in OpenAPI schema")
    head = f"GROUP:      {gvk['group']}\n" if gvk["group"] else ""
    head += f"KIND:       {gvk['kind']}\nVERSION:    {gvk['version']}\n\n"
    schemas = document["components"]["schemas"]
    for schema in (schemas[name] for name in sorted(schemas)):
        if gvk in schema.get("x-kubernetes-group-version-kind", ()):
            body = _Explainer(document, depth).output(schema, list(path), {})
            if not body:
                raise ExplainError(f'field "{path[-1]}" does not exist', head)
            return f"{head}{body}\n"
    shown = " ".join(f"{key}:{gvk[key]}" for key in sorted(gvk))
    raise ExplainError(f"GVK map[{shown}] not found in OpenAPI schema", head)


def _kind_behind(document: Schema, resource: Resource) -> dict[str, str] | None:
    """From the operations on the resource, as the last path that has any tells it."""
    root = f"/apis/{resource.group}" if resource.group else "/api"
    top = f"{root}/{resource.version}"
    found = None
    for where in (top, f"{top}/namespaces/{{namespace}}"):
        for end in ("", "/{name}"):
            item = document["paths"].get(f"{where}/{resource.plural}{end}", {})
            kinds = (
                item.get(method, {}).get("x-kubernetes-group-version-kind") for method in _METHODS
            )
            found = next((kind for kind in kinds if kind), found)
    return found


class _Explainer:
    def __init__(self, document: Schema, depth: Depth) -> None:
        self._document, self._depth = document, depth

    def _resolve(self, schema: Schema) -> Schema:
        found: Any = self._document
        reference = schema.get("$ref", "")
        if not reference:
            return schema
        for part in reference.removeprefix("#/").split("/"):
            found = found.get(part, {})
        return found or schema

    def output(self, schema: Schema, path: list[str], seen: dict[str, int]) -> str:
        """Follow `path`; "" where it leads nowhere. `seen` are the references on the way
        since the last field: a second visit is a circle."""
        reference = schema.get("$ref", "")
        below = {**seen, reference: 1}
        resolved = self._resolve(schema)
        properties = resolved.get("properties") or {}
        if not path:
            return self._page(resolved)
        if reference and reference in seen:
            return ""
        if properties.get(path[0]):
            field = properties[path[0]]
            text = ""
            if len(path) == 1:
                values = _values(field, long=True, indent=0)
                text = f"FIELD: {path[0]} <{self._type(field)}>\n{values}\n\n"
            return text + self.output(field, path[1:], {})
        if resolved.get("items"):
            return self.output(resolved["items"], path, below)
        if isinstance(resolved.get("additionalProperties"), dict):
            return self.output(resolved["additionalProperties"], path, below)
        texts = (self.output(each, path, below) for each in resolved.get("allOf", ()))
        return next((text for text in texts if text), "")

    def _page(self, schema: Schema) -> str:
        description = wrap("".join(self._descriptions(schema)) or "<empty>", 76)
        text = f"DESCRIPTION:\n{indent(description, 4)}\n"
        docs = schema.get("externalDocs")
        if docs:
            text += "\nEXTERNAL DOCS:\n" + _external(docs, 76, 4)
        fields = "".join(self._fields(schema, 1, {}))
        return f"{text}FIELDS:\n{fields}" if fields else text

    def _descriptions(self, schema: Schema) -> Iterator[str]:
        resolved = self._resolve(schema)
        if resolved.get("description"):
            yield f"{resolved['description']}\n"
        for each in resolved.get("allOf", ()):
            yield from self._descriptions(each)
        for key in ("items", "additionalProperties"):
            if resolved.get(key) and isinstance(resolved[key], dict):
                yield from self._descriptions(resolved[key])

    def _fields(self, schema: Schema, level: int, seen: dict[str, int]) -> Iterator[str]:
        reference = schema.get("$ref", "")
        if reference and reference in seen:
            return
        below = {**seen, reference: 1}
        resolved = self._resolve(schema)
        deeper = self._depth.recursive and (not self._depth.limit or level < self._depth.limit)
        for name, field in sorted((resolved.get("properties") or {}).items()):
            required = name in (resolved.get("required") or ())
            yield self._field(name, field, required, level * 2)
            if deeper:
                yield from self._fields(field, level + 1, below)
        for each in resolved.get("allOf", ()):
            yield from self._fields(each, level, below)
        for key in ("items", "additionalProperties"):
            if resolved.get(key) and isinstance(resolved[key], dict):
                yield from self._fields(resolved[key], level, below)

    def _field(self, name: str, field: Schema, required: bool, margin: int) -> str:
        text = f"{' ' * margin}{name}\t<{self._type(field)}>{' -required-' if required else ''}"
        text += _values(field, long=False, indent=margin) + "\n"
        if self._depth.recursive:
            return text
        description = field.get("description") or "<no description>"
        text += indent(wrap(description, 78 - margin), margin + 2) + "\n"
        docs = field.get("externalDocs")
        if docs:
            text += f"\n{' ' * (margin + 2)}EXTERNAL DOCS:\n"
            text += _external(docs, 76 - margin, margin + 4)
        return text + "\n"

    def _type(self, schema: Schema) -> str:
        """ "string", "[]Container", "map[string]string"."""
        if schema.get("items"):
            return "[]" + self._type(schema["items"])
        additional = schema.get("additionalProperties")
        if additional and isinstance(additional, dict):
            return "map[string]" + self._type(additional)
        alternatives: list[Schema] = schema.get("allOf") or []
        if len(alternatives) == 1 and not schema.get("properties"):
            return self._type(alternatives[0])
        if "$ref" in schema:
            found = self._resolve(schema)
            plain = found.get("type") if found is not schema else None
            if plain and plain != "object":
                return str(plain)
            return str(schema["$ref"]).rpartition("/")[2].rpartition(".")[2] or "Object"
        found_type = schema.get("type")
        return "Object" if found_type in (None, "", "object") else str(found_type)


def _values(schema: Schema, *, long: bool, indent: int) -> str:
    """The values that a field may have, where the schema lists them."""
    values = schema.get("enum")
    if not values:
        return ""
    shown = ['""' if each == "" else _go(each) for each in values]
    if long:
        return "ENUM:" + "".join(f"\n    {each}" for each in shown)
    rest = ", ...." if len(shown) > _SHOWN_VALUES else ""
    return f"\n{' ' * indent}enum: {', '.join(shown[:_SHOWN_VALUES])}{rest}"


def _go(value: Any) -> str:
    """As Go prints a decoded JSON value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<no value>" if value is None else str(value)


def _external(docs: Schema, width: int, margin: int) -> str:
    text = ""
    if docs.get("description"):
        text += indent(wrap(docs["description"], width), margin) + "\n"
    if docs.get("url"):
        text += indent(f"URL: {docs['url']}", margin) + "\n"
    return text


def indent(text: str, margin: int) -> str:
    pad = " " * margin
    return pad + text.replace("\n", "\n" + pad)


def wrap(text: str, width: int) -> str:
    """Words wrapped at `width` as kubectl's writer does it: the spaces before a word that
    does not fit vanish, all others stay; a word that is too long stays whole."""
    return "\n".join(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    result, column = [], 0
    for space, word in _words(line):
        if not word:
            result.append(space if column + len(space) <= width else "")
            break
        if column + len(space) + min(len(word), width - 1) > width:
            result.append("\n" + word)
            column = len(word)
        else:
            result.append(space + word)
            column += len(space) + len(word)
    return "".join(result)


def _words(line: str) -> Iterator[tuple[str, str]]:
    """(the spaces before a word, the word); the last word may be empty."""
    at = 0
    while at < len(line):
        start = at
        while at < len(line) and line[at].isspace() and line[at] != NO_BREAK:
            at += 1
        middle = at
        while at < len(line) and not (line[at].isspace() and line[at] != NO_BREAK):
            at += 1
        yield line[start:middle], line[middle:at]
