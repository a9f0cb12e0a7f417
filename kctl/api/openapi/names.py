"""What definitions, groups and paths are called in the API's OpenAPI documents."""

from __future__ import annotations

from kctl.api.kind import Kind
from kctl.api.schema.schema import PREFIXES, definition, shortened

_EXPLICIT = {
    "core": "",
    "meta": "",
    "rbac": "rbac.authorization.k8s.io",
    "flowcontrol": "flowcontrol.apiserver.k8s.io",
    "apiserverinternal": "internal.apiserver.k8s.io",
}
_PLAIN = frozenset(("apps", "autoscaling", "batch", "policy"))
"""Groups whose names have no dot."""


def long_name(short: str) -> str:
    """ "core.v1.Pod" as "io.k8s.api.core.v1.Pod"."""
    if short.startswith("io."):
        return short
    for prefix, sign in PREFIXES:
        if sign and short.startswith(sign):
            return prefix + short[1:]
    return PREFIXES[0][0] + short


def group_of(short: str) -> str:
    """The API group that a definition of the table belongs to: "core.v1.Pod" is of "",
    "storage.v1.StorageClass" of "storage.k8s.io"."""
    first = short.lstrip("+%^").partition(".")[0]
    if first in _EXPLICIT:
        return _EXPLICIT[first]
    return first if first in _PLAIN else f"{first}.k8s.io"


def gvk(group: str, version: str, kind: str) -> dict[str, str]:
    return {"group": group, "kind": kind, "version": version}


def own_gvk(short: str) -> dict[str, str] | None:
    """Of a definition of the table that is an object itself, None for a part of objects."""
    found = definition(short)
    if found is None or "kind" not in found.fields or "apiVersion" not in found.fields:
        return None
    if "metadata" not in found.fields:
        return None  # a reference to an object, which has a kind and apiVersion as well
    *_, version, kind = short.split(".")
    return gvk(group_of(short), version, kind)


def component(kind: Kind) -> str:
    """The name of a kind's schema: of the table, or its group's name from the back, as
    the API server names custom resources ("com.example.v1.Widget")."""
    if definition(kind.schema) is not None:
        return long_name(shortened(kind.schema))
    return ".".join((*reversed(kind.group.split(".")), kind.version, kind.kind)).lstrip(".")


def group_version(kind: Kind) -> str:
    """ "api/v1", "apis/apps/v1"."""
    return f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"
