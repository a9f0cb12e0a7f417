"""The environment of a container, with where each value comes from."""

from __future__ import annotations

from decimal import ROUND_CEILING
from typing import Any

from kctl.api import quantity
from kctl.printing.describe.writer import Writer, safe

Object = dict[str, Any]

FIELDS = ("metadata.name", "metadata.namespace", "metadata.uid")
"""The fields whose values are shown: those that kubectl knows how to read."""


def environment_lines(out: Writer, container: Object, pod: Object | None, level: int) -> None:
    """ "Environment Variables from:" where there are any, then "Environment:". `pod` gives
    the fields of variables that refer to them."""
    _sources(out, container.get("envFrom") or [], level)
    variables = container.get("env") or []
    if not variables:
        out.line(level, "Environment:\t<none>")
        return
    out.line(level, "Environment:")
    for each in variables:
        source = each.get("valueFrom")
        if source:
            out.line(level + 1, f"{each['name']}:\t{_value_from(source, container, pod)}")
            continue
        lines = str(each.get("value", "")).split("\n")
        out.line(level + 1, f"{each['name']}:\t{safe(lines[0])}")
        for line in lines[1:]:
            out.line(level + 1, f"\t{safe(line)}")


def _sources(out: Writer, sources: list[Object], level: int) -> None:
    if sources:
        out.line(level, "Environment Variables from:")
    for each in sources:
        kind = "ConfigMap" if each.get("configMapRef") else "Secret"
        ref = each.get("configMapRef") or each.get("secretRef") or {}
        prefix = f" with prefix '{each['prefix']}'" if each.get("prefix") else ""
        optional = str(bool(ref.get("optional"))).lower()
        out.line(level + 1, f"{ref.get('name', '')}\t{kind}{prefix}\tOptional: {optional}")


def _value_from(source: Object, container: Object, pod: Object | None) -> str:
    if "fieldRef" in source:
        ref = source["fieldRef"]
        value = _field(pod, ref["fieldPath"]) if pod is not None else ""
        return f"{safe(value)} ({ref.get('apiVersion', 'v1')}:{ref['fieldPath']})"
    if "resourceFieldRef" in source:
        ref = source["resourceFieldRef"]
        return f"{_resource(container, ref)} ({ref['resource']})"
    if "fileKeyRef" in source:
        ref = source["fileKeyRef"]
        origin = f"in volume '{ref.get('volumeName', '')}' at path '{ref.get('path', '')}'"
    elif "secretKeyRef" in source:
        ref = source["secretKeyRef"]
        origin = f"in secret '{ref.get('name', '')}'"
    else:
        ref = source.get("configMapKeyRef") or {}
        origin = f"of config map '{ref.get('name', '')}'"
    optional = str(bool(ref.get("optional"))).lower()
    return f"<set to the key '{ref.get('key', '')}' {origin}>\tOptional: {optional}"


def _field(pod: Object, path: str) -> str:
    return str(pod["metadata"].get(path.rpartition(".")[2], "")) if path in FIELDS else ""


def _resource(container: Object, ref: Object) -> str:
    """The amount in units of the divisor, rounded up."""
    part, _, name = ref["resource"].partition(".")
    amounts = (container.get("resources") or {}).get(part) or {}
    divisor = quantity.parse(str(ref.get("divisor") or "0")) or quantity.parse("1")
    exact = quantity.parse(str(amounts.get(name, "0"))) / divisor
    amount = exact.to_integral_value(ROUND_CEILING)
    if not amount and part == "limits" and name in ("cpu", "memory"):
        return "node allocatable"
    return str(int(amount))
