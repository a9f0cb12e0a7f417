"""A store under random use behaves as a plain list of everything that happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from kctl.store.reader import Reader
from kctl.store.store import Store
from kctl.store.types import Change, ClaimTaken, Compacted, Conflict, Key, Memo, Record, Write

KEYS = [
    Key(resource, namespace, name)
    for resource in ("pods", "services")
    for namespace in ("a", "b")
    for name in ("x", "y")
]
keys = st.sampled_from(KEYS)
values = st.binary(max_size=4)
refs = st.lists(st.sampled_from(["owner/1", "owner/2", "node/1"]), max_size=2).map(tuple)
claims = st.lists(st.sampled_from(["ip/1", "ip/2", "port/1"]), max_size=2).map(tuple)


@dataclass
class Entry:
    """One write that was accepted."""

    revision: int
    key: Key
    uid: str
    value: bytes | None
    refs: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


@dataclass
class Model:
    """What happened, in order; everything else is worked out from it."""

    entries: list[Entry] = field(default_factory=list)
    floor: int = 0
    memory: dict[str, Memo] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        return self.entries[-1].revision if self.entries else 0

    def state(self, at: int | None = None) -> dict[Key, Entry]:
        state: dict[Key, Entry] = {}
        for entry in self.entries:
            if at is not None and entry.revision > at:
                break
            if entry.value is None:
                state.pop(entry.key)
            else:
                state[entry.key] = entry
        return dict(sorted(state.items()))

    def holders(self) -> dict[str, Key]:
        return {claim: key for key, entry in self.state().items() for claim in entry.claims}

    def changes(self, since: int) -> list[Change]:
        found: list[Change] = []
        state: dict[Key, Entry] = {}
        for entry in self.entries:
            before = state.pop(entry.key, None)
            if entry.value is None:
                assert before is not None and before.value is not None
                change = Change("DELETED", entry.key, entry.revision, before.uid, before.value)
            else:
                state[entry.key] = entry
                kind, old = ("MODIFIED", before.value) if before else ("ADDED", None)
                change = Change(kind, entry.key, entry.revision, entry.uid, entry.value, old)
            if entry.revision > since:
                found.append(change)
        return found


def records(state: dict[Key, Entry]) -> list[Record]:
    return [Record(key, e.revision, e.uid, e.value or b"") for key, e in state.items()]


class StoreMachine(RuleBasedStateMachine):
    """Each rule does one thing to both and compares the answers."""

    watches = Bundle("watches")

    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "kctl.db"
        self.store = Store.open(self.path)
        self.reader = Reader.open(self.path)
        self.model = Model()
        self.births = 0

    def teardown(self) -> None:
        if hasattr(self, "store"):
            check = self.store._session.connection.execute("PRAGMA integrity_check", {})
            assert check.fetchall() == [("ok",)]
            self.reader.close()
            self.store.close()
            self.folder.cleanup()

    def write(self, *writes: Write) -> None:
        """Predict, write, and record what was accepted."""
        problem = self.predict(writes)
        if problem is not None:
            before = self.store.revision()
            with pytest.raises(problem):
                self.store.write(writes)
            assert self.store.revision() == before
            return
        numbers = self.store.write(writes)
        for number, w in zip(numbers, writes, strict=True):
            assert number > self.model.revision
            self.model.entries.append(Entry(number, w.key, w.uid, w.value, w.refs, w.claims))

    def predict(self, writes: tuple[Write, ...]) -> type[Exception] | None:
        state = {key: entry.revision for key, entry in self.model.state().items()}
        holders = self.model.holders()
        for write in writes:
            standing = state.get(write.key, 0)
            if standing != write.expected or (write.value is None and not standing):
                return Conflict
            state[write.key] = -1 if write.value is not None else 0
            kept = write.claims if write.value is not None else ()  # who goes holds nothing
            holders = {c: k for c, k in holders.items() if k != write.key or c in kept}
        for write in writes:
            for claim in write.claims if write.value is not None else ():
                if holders.setdefault(claim, write.key) != write.key:
                    return ClaimTaken
        return None

    def current(self, key: Key) -> int:
        entry = self.model.state().get(key)
        return entry.revision if entry else 0

    @rule(key=keys, value=values, refs=refs, claims=claims)
    def create(
        self, key: Key, value: bytes, refs: tuple[str, ...], claims: tuple[str, ...]
    ) -> None:
        self.births += 1
        self.write(Write(key, 0, value, f"u{self.births}", refs=refs, claims=claims))

    @rule(key=keys, value=values, refs=refs, claims=claims, stale=st.integers(0, 3))
    def update(
        self,
        key: Key,
        value: bytes,
        refs: tuple[str, ...],
        claims: tuple[str, ...],
        stale: int,
    ) -> None:
        expected = self.current(key)
        if stale == 0:
            expected = max(expected - 1, 1)
        if expected:
            self.write(Write(key, expected, value, "u", refs=refs, claims=claims))

    @rule(key=keys, stale=st.integers(0, 3))
    def delete(self, key: Key, stale: int) -> None:
        expected = self.current(key)
        self.write(Write(key, expected + (1 if stale == 0 else 0), None))

    @rule(
        batch=st.lists(
            st.tuples(keys, st.none() | values, claims),
            min_size=2,
            max_size=4,
            unique_by=lambda w: w[0],
        )
    )
    def write_several(self, batch: list[tuple[Key, bytes | None, tuple[str, ...]]]) -> None:
        self.write(*[Write(k, self.current(k), v, "u", claims=c) for k, v, c in batch])

    @rule(
        key=st.sampled_from(["p", "q"]),
        memo=st.none() | st.builds(Memo, st.text(max_size=3), st.none() | st.floats(0, 1e10)),
    )
    def remember(self, key: str, memo: Memo | None) -> None:
        self.store.remember({key: memo})
        self.model.memory.pop(key, None)
        if memo is not None:
            self.model.memory[key] = memo

    @rule(keep=st.integers(1, 6))
    def compact(self, keep: int) -> None:
        self.store.compact(keep, 1e12, 0.0)
        self.model.floor = max(self.model.floor, self.model.revision - keep)

    @rule()
    def reopen(self) -> None:
        self.reader.close()
        self.store.close()
        self.store = Store.open(self.path, create=False)
        self.reader = Reader.open(self.path)

    @rule(target=watches)
    def watch(self) -> object:
        return multiple(self.model.revision)

    @rule(since=watches)
    def resume(self, since: int) -> None:
        if since < self.model.floor:
            with pytest.raises(Compacted) as caught:
                self.store.changes(since)
            assert caught.value.oldest == self.model.floor
            return
        expected = self.model.changes(since)
        assert self.store.changes(since) == expected
        assert self.store.changes(since, limit=2) == expected[:2]
        assert self.store.changes(since, resource="pods", namespace="a") == [
            change for change in expected if change.key[:2] == ("pods", "a")
        ]

    @precondition(lambda self: self.model.entries)
    @rule(back=st.integers(0, 12), namespace=st.sampled_from([None, "a"]), limit=st.integers(0, 2))
    def list_the_past(self, back: int, namespace: str | None, limit: int) -> None:
        at = max(self.model.revision - back, 1)
        if at < self.model.floor:
            with pytest.raises(Compacted):
                self.store.list("pods", namespace, revision=at)
            return
        expected = records(
            {
                key: entry
                for key, entry in self.model.state(at).items()
                if key.resource == "pods" and namespace in (None, key.namespace)
            }
        )
        page = self.store.list("pods", namespace, revision=at, limit=limit)
        assert page.revision == at
        assert page.records == (expected[:limit] if limit else expected)
        assert page.remaining == len(expected) - len(page.records)

    @invariant()
    def both_doors_show_the_state_of_now(self) -> None:
        if not hasattr(self, "model"):
            return
        state = self.model.state()
        assert self.store.revision() == self.reader.revision() == self.model.revision
        for resource in ("pods", "services"):
            expected = records({k: e for k, e in state.items() if k.resource == resource})
            assert self.store.list(resource).records == expected
            assert self.reader.list(resource) == [(r.revision, r.value) for r in expected]
        for key in KEYS:
            entry = state.get(key)
            assert self.store.get(key) == (records({key: entry})[0] if entry else None)
        for ref in ("owner/1", "owner/2", "node/1"):
            expected = records({k: e for k, e in state.items() if ref in e.refs})
            assert self.store.referring(ref) == expected
        assert self.store.claims("ip/") == {c for c in self.model.holders() if c[:3] == "ip/"}
        assert self.store.memory() == self.model.memory


StoreMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_a_store_is_what_happened_to_it = StoreMachine.TestCase
