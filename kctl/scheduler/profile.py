"""The default scheduler: filters decide where a pod can go, scores where it goes best.

Pods of one template share their work: what is known about the nodes is kept for them in
a `Template`, and a placement only makes it look at that one node again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from kctl.scheduler.node_info import assume
from kctl.scheduler.template import Template
from kctl.scheduler.types import Decision, Filter, NodeInfo, Object, Score

DEFAULT_NAME = "default-scheduler"


class Profile:
    """A scheduler made of filters and scores. Filters are asked in their order, and the
    first that refuses a node gives the reason."""

    def __init__(
        self, filters: Sequence[Filter], scores: Sequence[Score], name: str = DEFAULT_NAME
    ) -> None:
        self.name = name
        self.filters, self.scores = tuple(filters), tuple(scores)

    def schedule(self, pods: Sequence[Object], infos: Sequence[NodeInfo]) -> Sequence[Decision]:
        """One decision a pod, in order. Equal scores go to the node that comes first."""
        infos = list(infos)
        templates: dict[bytes, Template] = {}
        placed: list[int] = []
        decisions = []
        for pod in pods:
            signature = signature_of(pod)
            template = templates.get(signature)
            if template is None:
                template = Template(pod, infos, self.filters, self.scores, len(placed))
                templates[signature] = template
            chosen, decision = template.decide(pod, placed)
            if chosen is not None:
                assume(infos[chosen], pod)
                placed.append(chosen)
            decisions.append(decision)
        return decisions


def signature_of(pod: Object) -> bytes:
    """Equal for pods that every filter and score must treat alike."""
    metadata = pod["metadata"]
    parts: list[Any] = [
        metadata.get("namespace"),
        metadata.get("labels"),
        metadata.get("annotations"),
        metadata.get("ownerReferences"),
        pod["spec"],
    ]
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
