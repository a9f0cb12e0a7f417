"""What the controllers of a `World` read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kctl.api.kind import Kind
from kctl.controllers.types import Object
from kctl.runtime.observations import NodeObservation, PodObservation
from kctl.runtime.operations import Outcome
from kctl.runtime.stats import Rate
from kctl.store.types import Backend, Key, Memo, Record
from kctl.testing.recorder import decode


class WorldView:
    """Implements `kctl.controllers.types.View`. A test puts observations, outcomes and
    probes straight into the dictionaries."""

    def __init__(
        self, backend: Backend, kinds: Iterable[Kind], settings: Mapping[str, str]
    ) -> None:
        self._backend, self._kinds, self._settings = backend, kinds, settings
        self._decoded: dict[Key, tuple[int, Object]] = {}
        self.nodes: dict[str, NodeObservation] = {}
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        self.probe_outcomes: dict[str, list[Outcome]] = {}
        self.busy: set[str] = set()
        self.rates: dict[str, Mapping[str, Rate]] = {}
        """pod uid -> what its containers use"""
        self.sampled_at = 0.0
        self.memos: dict[str, Memo] = {}

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        record = self._backend.get(Key(resource, namespace, name))
        return self._object(record) if record is not None else None

    def list(self, resource: str, namespace: str | None = None) -> Sequence[Object]:
        return [self._object(each) for each in self._backend.list(resource, namespace).records]

    def owned(self, uid: str, resource: str) -> Sequence[Object]:
        return self._referring(f"owner/{uid}", resource)

    def on_node(self, node: str) -> Sequence[Object]:
        return self._referring(f"node/{node}", "pods")

    def _referring(self, ref: str, resource: str) -> Sequence[Object]:
        records = self._backend.referring(ref)
        return [self._object(each) for each in records if each.key.resource == resource]

    def _object(self, record: Record) -> Object:
        known = self._decoded.get(record.key)
        if known is None or known[0] != record.revision:
            known = (record.revision, decode(record))
            self._decoded[record.key] = known
        return known[1]

    def kinds(self) -> Iterable[Kind]:
        return self._kinds

    def node(self, name: str) -> NodeObservation | None:
        return self.nodes.get(name)

    def observed(self, node: str, uid: str) -> PodObservation | None:
        seen = self.nodes.get(node)
        return seen.pods.get(uid) if seen is not None else None

    def outcome(self, uid: str, container: str) -> Outcome | None:
        return self.outcomes.get((uid, container))

    def probes(self, uid: str) -> Sequence[Outcome]:
        return self.probe_outcomes.get(uid, [])

    def in_flight(self, uid: str) -> bool:
        return uid in self.busy

    def usage(self, node: str, uid: str) -> Mapping[str, Rate] | None:
        return self.rates.get(uid)

    def sampled(self) -> float:
        return self.sampled_at

    def recall(self, key: str) -> Memo | None:
        return self.memos.get(key)

    def remember(self, memos: Mapping[str, Memo | None]) -> None:
        for key, memo in memos.items():
            if memo is None:
                self.memos.pop(key, None)
            else:
                self.memos[key] = memo

    def setting(self, name: str) -> str:
        return self._settings[name]
