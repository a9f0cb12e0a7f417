"""Kinds without a description of their own: every field, indented, as kubectl does for
resources that it does not know; and the small kinds whose description is a few lines."""

from __future__ import annotations

import base64
from typing import Any

from kctl.printing.describe.parts import annotation_lines, event_lines, label_lines
from kctl.printing.describe.writer import Writer, safe
from kctl.printing.types import Related

Object = dict[str, Any]


class SecretDescriber:
    """The sizes of the values, never the values."""

    resource = "secrets"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, f"\nType:\t{obj.get('type', '')}")
        out.line(0, "\nData\n====")
        data = obj.get("data") or {}
        for key in sorted(data):
            out.line(0, f"{key}:\t{len(base64.b64decode(data[key]))} bytes")
        return out.text()


class ConfigMapDescriber:
    """Data in full, binary data as sizes."""

    resource = "configmaps"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        out.line(0, "\nData\n====")
        data = obj.get("data") or {}
        for key in sorted(data):
            out.line(0, f"{key}:\n----")
            out.line(0, f"{safe(data[key])}\n")
        out.line(0, "\nBinaryData\n====")
        binary = obj.get("binaryData") or {}
        for key in sorted(binary):
            out.line(0, f"{key}: {len(base64.b64decode(binary[key]))} bytes")
        out.line(0, "")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


class ServiceAccountDescriber:
    """Its secrets and tokens."""

    resource = "serviceaccounts"

    def describe(self, obj: Object, related: Related, *, show_events: bool = True) -> str:
        out = Writer()
        meta = obj["metadata"]
        out.line(0, f"Name:\t{meta['name']}")
        out.line(0, f"Namespace:\t{meta['namespace']}")
        label_lines(out, "Labels", meta.get("labels"))
        annotation_lines(out, "Annotations", meta.get("annotations"))
        for title, field in (
            ("Image pull secrets", "imagePullSecrets"),
            ("Mountable secrets", "secrets"),
        ):
            names = [each["name"] for each in obj.get(field) or []]
            out.line(0, f"{title}:\t{names[0] if names else '<none>'}")
            for name in names[1:]:
                out.line(0, f"\t{name}")
        tokens = [
            each["metadata"]["name"]
            for each in related.list("secrets", meta["namespace"])
            if each.get("type") == "kubernetes.io/service-account-token"
            and (each["metadata"].get("annotations") or {}).get("kubernetes.io/service-account.uid")
            == meta["uid"]
        ]
        out.line(0, f"Tokens:\t{tokens[0] if tokens else '<none>'}")
        for name in tokens[1:]:
            out.line(0, f"\t{name}")
        if show_events:
            event_lines(out, related.events(obj), related.now)
        return out.text()


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
