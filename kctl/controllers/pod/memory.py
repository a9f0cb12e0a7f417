"""What the pod controller keeps between passes, in any process: one memo a pod.

The containers say most of it themselves; what they cannot say (back-off delays, probe
counters, which outcomes were taken in) stands here, under the key "pod/UID". A memo is
written only when it changes and goes with the pod.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from kctl.controllers.types import Changes, View
from kctl.store.types import Memo


@dataclass
class Backoff:
    """A delay in seconds that doubles, when it was last raised (epoch seconds), and for
    which run of a container."""

    delay: float
    at: float
    run: str = ""


@dataclass
class Failure:
    """A start that did not work: the kubelet's waiting reason, until when to wait."""

    reason: str
    message: str
    at: float
    delay: float
    image: str = ""
    """that it was tried with: another one is tried at once"""


@dataclass
class ProbeMemory:
    """Counters of one probe of one run of a container."""

    next: float
    """when it is due, epoch seconds"""
    last: bool | None = None
    run: int = 0
    """results alike in a row, counted up to the threshold"""
    result: bool | None = None
    """what the thresholds made of them; None before the first"""
    at: float = 0.0
    """when the newest counted result ended"""


@dataclass
class ContainerMemory:
    backoff: Backoff | None = None
    failure: Failure | None = None
    stopped: Backoff | None = None
    """when a run was last told to stop, and how long not to ask again"""
    outcome: float = 0.0
    """when the newest outcome ended that was taken in"""
    awaited: str = ""
    """the engine's ID of a container that was seen before the start that made it ended"""
    run: str = ""
    """the run that `probes` belong to"""
    probes: dict[str, ProbeMemory] = field(default_factory=dict)


@dataclass
class Asked:
    """The last operations asked for: when, and what the pod looked like then. Until one
    of the two changes they count as running."""

    at: float
    seen: str


@dataclass
class PodMemory:
    containers: dict[str, ContainerMemory] = field(default_factory=dict)
    asked: Asked | None = None
    killed: Backoff | None = None
    """when the whole pod was last told to stop, and how long not to ask again"""
    draining: list[str] | None = None
    """nodes whose load balancers had the pod in rotation when its deletion began"""
    draining_since: float = 0.0
    """when a pass first saw the deletion, epoch seconds"""

    def container(self, name: str) -> ContainerMemory:
        return self.containers.setdefault(name, ContainerMemory())


def key(uid: str) -> str:
    return f"pod/{uid}"


@contextmanager
def remembered(uid: str, view: View, changes: Changes) -> Iterator[PodMemory]:
    """The memory of a pod, to be changed in place; written back where it changed."""
    memo = view.recall(key(uid))
    before = memo.value if memo is not None else ""
    memory = _decode(before)
    yield memory
    after = _encode(memory)
    if after != before:
        changes.remember(key(uid), Memo(after) if after else None)


def forget(uid: str, view: View, changes: Changes) -> None:
    """Drop the memory of a pod that is gone."""
    if view.recall(key(uid)) is not None:
        changes.remember(key(uid), None)


def _encode(memory: PodMemory) -> str:
    compact = _without_defaults(asdict(memory))
    return json.dumps(compact, separators=(",", ":"), sort_keys=True) if compact else ""


def _without_defaults(value: dict[str, Any]) -> dict[str, Any]:
    """Nested members that say something; the rest is what a fresh memory says anyway."""
    kept = {}
    for name, each in value.items():
        if isinstance(each, dict):
            each = _without_defaults(each)
            if not each:
                continue
        if (each is not None and each != "" and each != 0.0) or each is False:
            kept[name] = each
    return kept


def _decode(text: str) -> PodMemory:
    if not text:
        return PodMemory()
    stored = json.loads(text)
    return PodMemory(
        containers={name: _container(each) for name, each in stored.get("containers", {}).items()},
        asked=Asked(**stored["asked"]) if "asked" in stored else None,
        killed=_backoff(stored.get("killed")),
        draining=stored.get("draining"),
        draining_since=stored.get("draining_since", 0.0),
    )


def _container(stored: dict[str, Any]) -> ContainerMemory:
    failure = stored.get("failure")
    return ContainerMemory(
        backoff=_backoff(stored.get("backoff")),
        failure=_failure(failure) if failure else None,
        stopped=_backoff(stored.get("stopped")),
        outcome=stored.get("outcome", 0.0),
        awaited=stored.get("awaited", ""),
        run=stored.get("run", ""),
        probes={
            name: ProbeMemory(**{"next": 0.0, **each})
            for name, each in stored.get("probes", {}).items()
        },
    )


def _backoff(stored: dict[str, Any] | None) -> Backoff | None:
    if not stored:
        return None
    return Backoff(stored.get("delay", 0.0), stored.get("at", 0.0), stored.get("run", ""))


def _failure(stored: dict[str, Any]) -> Failure:
    return Failure(
        stored.get("reason", ""),
        stored.get("message", ""),
        stored.get("at", 0.0),
        stored.get("delay", 0.0),
        stored.get("image", ""),
    )
