"""Where an object lives."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """Where an object lives. `resource` is "pods" or "deployments.apps"; `namespace`
    is "" for cluster-scoped objects."""

    resource: str
    namespace: str
    name: str
