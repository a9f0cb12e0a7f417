"""The quality-of-service class of a pod (status.qosClass)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kctl.api import quantity

_COUNTED = ("cpu", "memory")


def qos_class(spec: Mapping[str, Any]) -> str:
    """ "Guaranteed", "Burstable" or "BestEffort", from cpu and memory alone."""
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    if not any(each.get("resources") for each in containers) and not spec.get("resources"):
        return "BestEffort"
    whole = spec.get("resources")
    if whole and (_positive(whole.get("requests")) or _positive(whole.get("limits"))):
        listed = [whole]
    else:
        listed = [each.get("resources") or {} for each in containers]
    found = False
    guaranteed = True
    for resources in listed:
        requests = _positive(resources.get("requests"))
        limits = _positive(resources.get("limits"))
        found = found or bool(requests or limits)
        if len(limits) < len(_COUNTED) or requests != limits:
            guaranteed = False
    if not found:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def _positive(resources: Mapping[str, Any] | None) -> dict[str, Any]:
    """The counted resources that are asked for, as numbers; zero counts as not asked."""
    if not resources:
        return {}
    parsed = {name: quantity.parse(str(resources[name])) for name in _COUNTED if name in resources}
    return {name: value for name, value in parsed.items() if value > 0}
