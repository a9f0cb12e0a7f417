"""The view that controllers read in a compute: objects, observations, memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kctl.api.kind import Kind
from kctl.api.registry import Kinds
from kctl.reconcile.mirror import decode
from kctl.reconcile.observed import Observed
from kctl.reconcile.overlay import Overlay
from kctl.runtime.observations import NodeObservation, PodObservation
from kctl.runtime.operations import Outcome
from kctl.runtime.stats import Rate
from kctl.store.types import Key, Memo, Record

Object = dict[str, Any]


class PassView:
    """Implements `kctl.controllers.types.View`: the overlay's objects, decoded once."""

    def __init__(
        self,
        overlay: Overlay,
        observed: Observed,
        memory: Mapping[str, Memo],
        settings: Mapping[str, str],
        kinds: Kinds,
    ) -> None:
        self._overlay = overlay
        self._observed = observed
        self._memory = memory
        self.memos: dict[str, Memo | None] = {}
        """What this compute wants remembered."""
        self._settings = settings
        self._kinds = kinds
        self._decoded: dict[Key, tuple[int, Object]] = {}

    # --- objects ---

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        record = self._overlay.get(Key(resource, namespace, name))
        return self._object(record) if record is not None else None

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        return [self._object(each) for each in self._overlay.list(resource, namespace).records]

    def owned(self, uid: str, resource: str) -> Sequence[Object]:
        return self._referring(f"owner/{uid}", resource)

    def on_node(self, node: str) -> Sequence[Object]:
        return self._referring(f"node/{node}", "pods")

    def kinds(self) -> Iterable[Kind]:
        return self._kinds.resources()

    def _referring(self, ref: str, resource: str) -> Sequence[Object]:
        return [
            self._object(record)
            for record in self._overlay.referring(ref)
            if record.key.resource == resource
        ]

    def _object(self, record: Record) -> Object:
        stored = self._overlay.mirror.get(record.key)
        if stored is record:
            return self._overlay.mirror.object(record)
        cached = self._decoded.get(record.key)
        if cached is None or cached[0] != record.revision:
            cached = (record.revision, decode(record))
            self._decoded[record.key] = cached
        return cached[1]

    # --- observations ---

    def node(self, name: str) -> NodeObservation | None:
        return self._observed.nodes.get(name)

    def observed(self, node: str, uid: str) -> PodObservation | None:
        seen = self._observed.nodes.get(node)
        return seen.pods.get(uid) if seen else None

    def outcome(self, uid: str, container: str) -> Outcome | None:
        return self._observed.outcomes.get((uid, container))

    def probes(self, uid: str) -> Sequence[Outcome]:
        return self._observed.probes.get(uid, [])

    def in_flight(self, uid: str) -> bool:
        return uid in self._observed.in_flight

    def usage(self, node: str, uid: str) -> Mapping[str, Rate] | None:
        rates = self._observed.usage.get(node)
        return rates.pods.get(uid) if rates else None

    def sampled(self) -> float:
        return self._observed.sampled

    # --- memory and settings ---

    def recall(self, key: str) -> Memo | None:
        if key in self.memos:
            return self.memos[key]
        return self._memory.get(key)

    def changed_memos(self) -> dict[str, Memo | None]:
        """What this compute wants remembered and the memory does not hold already."""
        return {key: memo for key, memo in self.memos.items() if memo != self._memory.get(key)}

    def setting(self, name: str) -> str:
        return self._settings[name]
