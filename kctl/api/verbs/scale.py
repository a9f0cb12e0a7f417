"""The scale subresource: one number of replicas, whatever the kind."""

from __future__ import annotations

from typing import Any

from kctl.api import errors
from kctl.api.context import Context
from kctl.api.encode import decode
from kctl.api.fields import invalid
from kctl.api.kind import Kind, Object, Scale
from kctl.api.schema.readers import json_type
from kctl.api.selectors import from_map, from_object
from kctl.api.verbs.update import replace
from kctl.api.verbs.writer import NOBODY, Writer
from kctl.store.types import Conflict

API_VERSION = "autoscaling/v1"
ATTEMPTS = 8


def get_scale(context: Context, kind: Kind, name: str, namespace: str) -> Object:
    """Raises ApiError."""
    paths = _scale_of(kind)
    return scale_of(paths, decode(context.record(kind, name, namespace), kind))


def _scale_of(kind: Kind) -> Scale:
    if kind.scale is None:
        raise errors.ApiError(404, "NotFound", "the server could not find the requested resource")
    return kind.scale


def scale_of(paths: Scale, obj: Object) -> Object:
    """The Scale object that stands for `obj`."""
    meta = obj["metadata"]
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: dict[str, Any] = {"replicas": _value(obj, paths.status_replicas) or 0}
    selector = _value(obj, paths.selector)
    if isinstance(selector, str):
        if selector:
            status["selector"] = selector
    elif selector is not None:
        structured = "matchLabels" in selector or "matchExpressions" in selector
        text = str(from_object(selector) if structured else from_map(selector))
        if text:
            status["selector"] = text
    return {
        "kind": "Scale",
        "apiVersion": API_VERSION,
        "metadata": {each: meta[each] for each in names if meta.get(each)},
        "spec": {"replicas": _value(obj, paths.spec_replicas) or 0},
        "status": status,
    }


def update_scale(
    context: Context,
    kind: Kind,
    name: str,
    namespace: str,
    scale: Object,
    dry_run: bool,
    writer: Writer = NOBODY,
) -> Object:
    """Raises ApiError."""
    writer.check("UpdateOptions")
    through = writer._replace(subresource="scale")
    paths = _scale_of(kind)
    wanted = (scale.get("metadata") or {}).get("resourceVersion", "")
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    check_replicas(name, replicas)
    for attempt in range(1, ATTEMPTS + 1):
        record = context.record(kind, name, namespace)
        if wanted and wanted != str(record.revision):
            raise errors.conflict(kind.resource, name)
        obj = with_replicas(paths, decode(record, kind), name, replicas)
        try:
            return scale_of(paths, replace(context, kind, record, obj, "", dry_run, through))
        except Conflict:
            if wanted or attempt == ATTEMPTS:
                raise errors.conflict(kind.resource, name) from None
    raise AssertionError("the last attempt returns or raises")


def with_replicas(paths: Scale, obj: Object, name: str, replicas: Any) -> Object:
    """`obj`, changed in place, with this number of replicas. Raises ApiError."""
    check_replicas(name, replicas)
    _set(obj, paths.spec_replicas, replicas)
    return obj


def check_replicas(name: str, replicas: Any) -> None:
    """Raise the 400 or 422 of what is no number of replicas."""
    if isinstance(replicas, bool) or not isinstance(replicas, int):
        field = "Go struct field ScaleSpec.spec.replicas of type int32"
        raise errors.bad_request(f"json: cannot unmarshal {json_type(replicas)} into {field}")
    if replicas < 0:
        cause = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise errors.invalid("autoscaling", "Scale", name, [cause])


def _value(obj: Object, path: str) -> Any:
    value: Any = obj
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _set(obj: Object, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    inside = obj
    for name in parents:
        inside = inside.setdefault(name, {})
    inside[last] = value
