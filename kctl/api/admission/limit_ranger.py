"""Pods and containers get the sizes of their namespace and stay within its limits:
Kubernetes' LimitRanger admission.

https://kubernetes.io/docs/concepts/policy/limit-range/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from kctl.api import quantity
from kctl.api.errors import forbidden
from kctl.api.kind import Object, Request
from kctl.api.quota.usage import pod_sums

_ANNOTATION = "kubernetes.io/limit-ranger"


class LimitRanger:
    """Defaults requests and limits of new pods, and refuses what is too large or small."""

    name = "LimitRanger"

    def admit(self, request: Request) -> None:
        obj = request.obj
        if request.operation != "CREATE" or request.kind.resource != "pods" or not obj:
            return
        ranges = request.list("limitranges", request.namespace)
        if not ranges:
            return
        items = [each for found in ranges for each in found["spec"].get("limits") or ()]
        _fill(obj, [each for each in items if each.get("type") == "Container"])
        errors = list(dict.fromkeys(_faults(obj, items)))
        if errors:
            why = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
            raise forbidden("pods", obj["metadata"].get("name", ""), why)


def _fill(pod: Object, items: list[Mapping[str, Any]]) -> None:
    told: list[str] = []
    for title, group in (("container", "containers"), ("init container", "initContainers")):
        for container in pod["spec"].get(group) or ():
            resources = container.setdefault("resources", {})
            for source, part, word in (
                ("defaultRequest", "requests", "request"),
                ("default", "limits", "limit"),
            ):
                wanted: dict[str, Any] = {}
                for item in items:
                    wanted = {**(item.get(source) or {}), **wanted}
                given = resources.get(part) or {}
                added = sorted(set(wanted) - set(given))
                if added:
                    resources[part] = {**given, **{name: wanted[name] for name in added}}
                    told.append(
                        f"{', '.join(added)} {word} for {title} {container.get('name', '')}"
                    )
    if told:
        meta = pod["metadata"]
        text = f"LimitRanger plugin set: {'; '.join(told)}"
        meta["annotations"] = {**(meta.get("annotations") or {}), _ANNOTATION: text}


def _faults(pod: Object, items: list[Mapping[str, Any]]) -> Iterator[str]:
    spec = pod["spec"]
    for item in items:
        if item.get("type") == "Container":
            for group in ("containers", "initContainers"):
                for container in spec.get(group) or ():
                    yield from _outside(item, "Container", container.get("resources") or {})
        elif item.get("type") == "Pod":
            sums = {group: pod_sums(spec, group) for group in ("requests", "limits")}
            yield from _outside(item, "Pod", sums)


def _outside(item: Mapping[str, Any], kind: str, resources: Mapping[str, Any]) -> Iterator[str]:
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name, bound in (item.get("min") or {}).items():
        yield from _too_small(name, kind, str(bound), requests.get(name), limits.get(name))
    for name, bound in (item.get("max") or {}).items():
        yield from _too_large(name, kind, str(bound), requests.get(name), limits.get(name))
    for name, bound in (item.get("maxLimitRequestRatio") or {}).items():
        yield from _too_far(name, kind, str(bound), requests.get(name), limits.get(name))


def _too_small(
    name: str, kind: str, bound: str, request: Any | None, limit: Any | None
) -> Iterator[str]:
    head = f"minimum {name} usage per {kind} is {bound}"
    if request is None:
        yield f"{head}.  No request is specified"
    elif quantity.compare(str(request), bound) < 0:
        yield f"{head}, but request is {request}"
    elif limit is not None and quantity.compare(str(limit), bound) < 0:
        yield f"{head}, but limit is {limit}"


def _too_large(
    name: str, kind: str, bound: str, request: Any | None, limit: Any | None
) -> Iterator[str]:
    head = f"maximum {name} usage per {kind} is {bound}"
    if limit is None:
        yield f"{head}.  No limit is specified"
    elif quantity.compare(str(limit), bound) > 0:
        yield f"{head}, but limit is {limit}"
    elif request is not None and quantity.compare(str(request), bound) > 0:
        yield f"{head}, but request is {request}"


def _too_far(
    name: str, kind: str, bound: str, request: Any | None, limit: Any | None
) -> Iterator[str]:
    head = f"{name} max limit to request ratio per {kind} is {bound}"
    asked = quantity.parse(str(request)) if request is not None else Decimal(0)
    most = quantity.parse(str(limit)) if limit is not None else Decimal(0)
    if not asked:
        yield f"{head}, but no request is specified or request is 0"
    elif not most:
        yield f"{head}, but no limit is specified or limit is 0"
    elif most / asked > quantity.parse(bound):
        yield f"{head}, but provided ratio is {float(most / asked):f}"
