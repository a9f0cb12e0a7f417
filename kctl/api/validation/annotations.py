"""Annotations of pods that Kubernetes reads itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kctl.api.fields import FieldError, invalid

_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_CANONICAL = re.compile(r"0|-?[1-9][0-9]*")


def pod_annotations(annotations: Mapping[str, str], path: str, errors: list[FieldError]) -> None:
    cost = annotations.get(_DELETION_COST)
    if cost is None:
        return
    if not _CANONICAL.fullmatch(cost) or not -(2**31) <= int(cost) < 2**31:
        where = f"{path}[{_DELETION_COST}]"
        errors.append(invalid(where, cost, "must be a 32bit integer"))
