"""Fields of jobs that kctl does not honour."""

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
