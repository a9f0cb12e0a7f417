"""Kinds without a description of their own: every field, indented, as kubectl does for
resources that it does not know."""

from __future__ import annotations

from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class GenericDescriber:
    """For any other resource: metadata first, then the fields under their words."""

    def __init__(self, resource: str) -> None:
        self.resource = resource

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta.get('namespace', '')}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        _fields(
            out, {k: v for k, v in obj.items() if k != "metadata"} | {"metadata": _rest(meta)}, 0
        )
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


_SHOWN_ABOVE = frozenset({"name", "namespace", "labels", "annotations", "managedFields"})


def _rest(meta: Object) -> Object:
    return {key: value for key, value in meta.items() if key not in _SHOWN_ABOVE}


def words(field: str) -> str:
    """ "creationTimestamp" as "Creation Timestamp"; "apiVersion" as "API Version"."""
    spaced = "".join(f" {c}" if c.isupper() else c for c in field)
    titled = " ".join(each[:1].upper() + each[1:] for each in spaced.split())
    return titled.replace("Api ", "API ").replace("Uid", "UID").replace("U I D", "UID")


def _fields(out: Writer, fields: Object, level: int) -> None:
    for field in sorted(fields, key=words):
        value = fields[field]
        title = words(field)
        if isinstance(value, dict):
            out.line(level, f"{title}:")
            _fields(out, value, level + 1)
        elif isinstance(value, list):
            out.line(level, f"{title}:")
            _items(out, value, level + 1)
        else:
            out.line(level, f"{title}:\t{_scalar(value)}")


def _items(out: Writer, items: list[Any], level: int) -> None:
    for item in items:
        if isinstance(item, dict):
            _fields(out, item, level)
        else:
            out.line(level, _scalar(item))


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else safe(value)
