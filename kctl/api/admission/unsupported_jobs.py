"""Fields of jobs and daemon sets that kctl does not honour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIELDS = {
    "backoffLimitPerIndex": "failures count against backoffLimit, whatever their index",
    "maxFailedIndexes": "failures count against backoffLimit, whatever their index",
    "successPolicy": "the job succeeds when every index has succeeded",
}


def job_fields(spec: Mapping[str, Any], path: str) -> list[str]:
    """One sentence for each field that is not honoured."""
    return [f"{path}.{name}: {why}" for name, why in _FIELDS.items() if spec.get(name) is not None]


def daemonset_fields(spec: Mapping[str, Any]) -> list[str]:
    """The same for a daemon set."""
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    if rolling.get("maxSurge") in (None, 0, "0%"):
        return []
    why = "the old pod of a node goes before the new one comes, on so many nodes at once"
    return [f"spec.updateStrategy.rollingUpdate.maxSurge: {why}"]
