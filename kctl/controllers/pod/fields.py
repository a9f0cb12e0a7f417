"""fieldRef and resourceFieldRef: what a pod may know of itself.

https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kctl.api import quantity
from kctl.controllers.types import Object

_SUBSCRIPT = re.compile(r"^metadata\.(labels|annotations)\['(.*)'\]$")


class NoSuchField(Exception):
    """A fieldPath that cannot be resolved; the API refuses them, so it is rare."""


@dataclass(frozen=True)
class PodFields:
    """A pod as its containers may ask for it. `address` and `host` are the pod's own and
    its node's, which the status may not carry yet."""

    pod: Object
    node: Object | None
    address: str
    host: str

    def field(self, path: str) -> str:
        """The text of a fieldPath. Raises NoSuchField."""
        meta, spec = self.pod["metadata"], self.pod["spec"]
        match = _SUBSCRIPT.match(path)
        if match:
            return str((meta.get(match[1]) or {}).get(match[2], ""))
        match path:
            case "metadata.name" | "metadata.namespace" | "metadata.uid":
                return str(meta.get(path.removeprefix("metadata."), ""))
            case "metadata.labels" | "metadata.annotations":
                return _lines(meta.get(path.removeprefix("metadata.")) or {})
            case "spec.nodeName":
                return str(spec.get("nodeName", ""))
            case "spec.serviceAccountName":
                return str(spec.get("serviceAccountName", ""))
            case "status.hostIP" | "status.hostIPs":
                return self.host
            case "status.podIP" | "status.podIPs":
                return self.address
        raise NoSuchField(f"unsupported fieldPath: {path}")

    def resource(self, reference: Mapping[str, Any], container: str) -> str:
        """A container's limit or request in units of the divisor, rounded up. A limit that
        is not set is what the node can give."""
        name = reference.get("containerName") or container
        spec = next((each for each in self._containers() if each["name"] == name), None)
        if spec is None:
            raise NoSuchField(f"container {name} not found")
        kind, _, resource = str(reference["resource"]).partition(".")
        value = ((spec.get("resources") or {}).get(kind) or {}).get(resource)
        if value is None and kind == "limits":
            value = (((self.node or {}).get("status") or {}).get("allocatable") or {}).get(resource)
        divisor = quantity.parse(str(reference.get("divisor") or "1")) or quantity.parse("1")
        return str(math.ceil(quantity.parse(str(value or "0")) / divisor))

    def _containers(self) -> list[Mapping[str, Any]]:
        spec = self.pod["spec"]
        return [*spec["containers"], *(spec.get("initContainers") or ())]


def _lines(values: Mapping[str, str]) -> str:
    """As downward API files list labels: name="value", sorted, one a line."""
    return "\n".join(f"{name}={_quoted(values[name])}" for name in sorted(values))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'
