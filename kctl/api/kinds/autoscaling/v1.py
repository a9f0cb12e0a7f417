"""HorizontalPodAutoscaler as autoscaling/v1 shows it: one target for the CPU time in its spec, and
all else that it is and does in annotations, as Kubernetes converts it. The same objects are stored
as autoscaling/v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from kctl.api.fields import FieldError
from kctl.api.kind import Cell, Object
from kctl.api.kinds.autoscaling.horizontalpodautoscaler import FIELDS
from kctl.api.kinds.autoscaling.horizontalpodautoscaler import KIND as V2

_PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS, BEHAVIOR = f"{_PREFIX}metrics", f"{_PREFIX}behavior"
CONDITIONS, CURRENT = f"{_PREFIX}conditions", f"{_PREFIX}current-metrics"
ANNOTATIONS = (METRICS, BEHAVIOR, CONDITIONS, CURRENT)
_STATUS = (CONDITIONS, CURRENT)

Names = Mapping[str, Sequence[tuple[str, str]]]
"""Member of a metric -> (name in an annotation, path in v2)."""

_RESOURCE = (
    ("name", "name"),
    ("targetAverageUtilization", "target.averageUtilization"),
    ("targetAverageValue", "target.averageValue"),
)
_SPECS: Names = {
    "resource": _RESOURCE,
    "containerResource": (*_RESOURCE, ("container", "container")),
    "pods": (
        ("metricName", "metric.name"),
        ("targetAverageValue", "target.averageValue"),
        ("selector", "metric.selector"),
    ),
    "object": (
        ("target", "describedObject"),
        ("metricName", "metric.name"),
        ("targetValue", "target.value"),
        ("selector", "metric.selector"),
        ("averageValue", "target.averageValue"),
    ),
    "external": (
        ("metricName", "metric.name"),
        ("metricSelector", "metric.selector"),
        ("targetValue", "target.value"),
        ("targetAverageValue", "target.averageValue"),
    ),
}
_CURRENT: Names = {
    member: tuple(
        (
            name.replace("targetA", "currentA").replace("targetV", "currentV"),
            path.replace("target.", "current."),
        )
        for name, path in pairs
    )
    for member, pairs in _SPECS.items()
}
_TYPES = (
    ("averageUtilization", "Utilization"),
    ("averageValue", "AverageValue"),
    ("value", "Value"),
)


def to_v1(obj: Object) -> Object:
    """Of a v2 object; the parts that stay as they are are shared with it."""
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = dict(obj["metadata"].get("annotations") or {})
    metrics, current = spec.pop("metrics", None) or [], status.pop("currentMetrics", None) or []
    cpu = next((each for each in metrics if _is_cpu(each)), None)
    if cpu is not None:
        spec["targetCPUUtilizationPercentage"] = cpu["resource"]["target"]["averageUtilization"]
    used = next((found for each in current if (found := _used_cpu(each)) is not None), None)
    if used is not None:
        status["currentCPUUtilizationPercentage"] = used
    others = [_flat(each, _SPECS) for each in metrics if each is not cpu]
    _put(annotations, METRICS, others)
    _put(annotations, CURRENT, [_flat(each, _CURRENT) for each in current])
    _put(annotations, CONDITIONS, status.pop("conditions", None))
    _put(annotations, BEHAVIOR, spec.pop("behavior", None))
    return _made(obj, "autoscaling/v1", annotations, spec, status)


def to_v2(obj: Object) -> Object:
    """Of a v1 object; the parts that stay as they are are shared with it. What an annotation
    holds that cannot be read counts for nothing."""
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = dict(obj["metadata"].get("annotations") or {})
    found = {name: _read(annotations.pop(name, "")) for name in ANNOTATIONS}
    metrics = [_deep(each, _SPECS) for each in _objects(found[METRICS])]
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    status.pop("currentCPUUtilizationPercentage", None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        metrics.insert(0, {"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if metrics:
        spec["metrics"] = metrics
    if isinstance(found[BEHAVIOR], dict):
        spec["behavior"] = found[BEHAVIOR]
    current = [_deep(each, _CURRENT) for each in _objects(found[CURRENT])]
    status["currentMetrics"] = current or None
    if conditions := _objects(found[CONDITIONS]):
        status["conditions"] = conditions
    return _made(obj, "autoscaling/v2", annotations, spec, status)


def _made(obj: Object, version: str, annotations: Object, spec: Object, status: Object) -> Object:
    meta = {name: value for name, value in obj["metadata"].items() if name != "annotations"}
    if annotations:
        meta["annotations"] = annotations
    return {**obj, "apiVersion": version, "metadata": meta, "spec": spec, "status": status}


def _is_cpu(metric: Object) -> bool:
    source = metric.get("resource") or {}
    target = source.get("target") or {}
    return source.get("name") == "cpu" and target.get("averageUtilization") is not None


def _used_cpu(metric: Object) -> int | None:
    source = metric.get("resource") or {}
    used = (source.get("current") or {}).get("averageUtilization")
    return used if source.get("name") == "cpu" else None


def _put(annotations: Object, name: str, value: Any) -> None:
    annotations.pop(name, None)
    if value:
        annotations[name] = orjson.dumps(value).decode()


def _read(text: str) -> Any:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None


def _objects(value: Any) -> list[Object]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _flat(metric: Object, names: Names) -> Object:
    made: Object = {"type": metric.get("type", "")}
    for member, pairs in names.items():
        if metric.get(member) is not None:
            values = {name: _at(metric[member], path) for name, path in pairs}
            made[member] = {name: value for name, value in values.items() if value is not None}
    return made


def _deep(metric: Object, names: Names) -> Object:
    made: Object = {"type": metric.get("type", "")}
    for member in set(metric) & set(FIELDS.values()):
        source: Object = {}
        for name, path in names[member]:
            if (value := (metric[member] or {}).get(name)) is not None:
                *parents, last = path.split(".")
                inside = source
                for parent in parents:
                    inside = inside.setdefault(parent, {})
                inside[last] = value
        if "target" in source:
            kinds = (word for name, word in _TYPES if name in source["target"])
            source["target"]["type"] = next(kinds, "")
        made[member] = source
    return made


def _at(source: Object, path: str) -> Any:
    value: Any = source
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


# --- the kind ---


def _as_v2(obj: Object) -> Object:
    """Rows are also made of what is stored."""
    return obj if obj.get("apiVersion") == V2.api_version else to_v2(obj)


def _default(obj: Object) -> None:
    """Whatever is a default in v2, as v1 shows it."""
    made = to_v2(obj)
    V2.default(made)
    shown = to_v1(made)
    obj.clear()
    obj.update(shown)


def _prepare_create(obj: Object) -> None:
    obj["status"] = {}
    for name in _STATUS:
        (obj["metadata"].get("annotations") or {}).pop(name, None)
    _default(obj)


def _prepare_update(new: Object, old: Object) -> None:
    """The status stays, also where it is shown in annotations."""
    new["status"] = old.get("status", {})
    annotations = dict(new["metadata"].get("annotations") or {})
    before = old["metadata"].get("annotations") or {}
    for name in _STATUS:
        annotations.pop(name, None)
        if name in before:
            annotations[name] = before[name]
    if annotations:
        new["metadata"]["annotations"] = annotations
    else:
        new["metadata"].pop("annotations", None)


def _validate(obj: Object) -> list[FieldError]:
    return V2.validate(_as_v2(obj))


def _row(obj: Object) -> list[Cell]:
    return V2.row(_as_v2(obj))


def _to_stored(obj: Object) -> Object:
    made = to_v2(obj)
    V2.default(made)
    return made


KIND = replace(
    V2,
    version="v1",
    categories=(),
    schema="io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
    row=_row,
    default=_default,
    prepare_create=_prepare_create,
    prepare_update=_prepare_update,
    validate=_validate,
    stored_version="v2",
    from_stored=to_v1,
    to_stored=_to_stored,
)
