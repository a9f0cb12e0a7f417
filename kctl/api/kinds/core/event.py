"""Event: something that happened to an object, counted rather than repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import names
from kctl.api.fields import FieldError, invalid, required
from kctl.api.kind import Cell, Column, Kind, Object
from kctl.api.kinds.cells import since
from kctl.api.validation.values import named

_MISMATCH = "does not match event.namespace"
_LIMITS = {"reportingInstance": 128, "action": 128, "reason": 128, "message": 1024}


def _validate(obj: Object) -> list[FieldError]:
    """An event stands in the namespace of what it is about; one with an eventTime says who
    reports it and what was done (the rules of events.k8s.io)."""
    errors: list[FieldError] = []
    involved = obj.get("involvedObject") or {}
    namespace = involved.get("namespace") or ""
    if obj["metadata"].get("namespace", "") != (namespace or "default"):
        errors.append(invalid("involvedObject.namespace", namespace, _MISMATCH))
    if obj.get("eventTime"):
        _reported(obj, errors)
    return errors


def _reported(obj: Object, errors: list[FieldError]) -> None:
    component = obj.get("reportingComponent") or ""
    if not component:
        errors.append(required("reportingComponent"))
    named(component, "reportingComponent", names.qualified_name, errors)
    for name, limit in _LIMITS.items():
        value = obj.get(name) or ""
        if not value and name != "message":
            errors.append(required(name))
        if len(value) > limit:
            errors.append(invalid(name, "", f"can have at most {limit} characters"))


def _row(obj: Object) -> list[Cell]:
    first: Cell = since(obj.get("firstTimestamp") or obj.get("eventTime"))
    last: Cell = since(obj["lastTimestamp"]) if obj.get("lastTimestamp") else first
    count = obj.get("count") or 1
    series = obj.get("series")
    if series:
        last, count = since(series.get("lastObservedTime")), series.get("count", 0)
    involved = obj.get("involvedObject") or {}
    target = (involved.get("kind") or "").lower()
    if involved.get("name"):
        target = f"{target}/{involved['name']}"
    return [
        last,
        obj.get("type", ""),
        obj.get("reason", ""),
        target,
        involved.get("fieldPath", ""),
        _source(obj),
        (obj.get("message") or "").strip(),
        first,
        count,
        obj["metadata"]["name"],
    ]


def _source(obj: Object) -> str:
    source: Mapping[str, Any] = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent") or ""
    host = source.get("host") or obj.get("reportingInstance") or ""
    return f"{component}, {host}" if host else component


def _selectable(obj: Object) -> Mapping[str, str]:
    involved = obj.get("involvedObject") or {}
    source = (obj.get("source") or {}).get("component") or obj.get("reportingComponent") or ""
    names = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
    return {
        **{f"involvedObject.{name}": involved.get(name, "") for name in names},
        "reason": obj.get("reason", ""),
        "reportingComponent": obj.get("reportingComponent", ""),
        "source": source,
        "type": obj.get("type", ""),
    }


def _refs(obj: Object) -> tuple[str, ...]:
    uid = (obj.get("involvedObject") or {}).get("uid")
    return (f"involved/{uid}",) if uid else ()


KIND = Kind(
    kind="Event",
    plural="events",
    singular="event",
    short_names=("ev",),
    schema="io.k8s.api.core.v1.Event",
    columns=(
        Column("Last Seen"),
        Column("Type"),
        Column("Reason"),
        Column("Object"),
        Column("Subobject", priority=1),
        Column("Source", priority=1),
        Column("Message"),
        Column("First Seen", priority=1),
        Column("Count", priority=1),
        Column("Name", priority=1, format="name"),
    ),
    row=_row,
    validate=_validate,
    selectable=_selectable,
    refs=_refs,
)
