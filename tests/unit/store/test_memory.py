"""What passes remember, and facts about the database."""

from __future__ import annotations

import pytest

from kctl.store.store import Store
from kctl.store.types import Conflict, Memo, Write

from .writing import POD, put


def test_memos_are_kept_replaced_and_forgotten(store: Store) -> None:
    store.remember({"a": Memo("1", 50.0), "b": Memo("2")})
    assert store.memory() == {"a": Memo("1", 50.0), "b": Memo("2", None)}
    store.remember({"a": None, "b": Memo("3", 20.0), "gone": None})
    assert store.memory() == {"b": Memo("3", 20.0)}


def test_the_next_due_is_the_earliest(store: Store) -> None:
    assert store.next_due() is None
    store.remember({"a": Memo("", 50.0), "b": Memo("", 20.5), "c": Memo("")})
    assert store.next_due() == 20.5


def test_memory_and_writes_stand_or_fall_together(store: Store) -> None:
    put(store, POD)
    with pytest.raises(Conflict):
        store.commit([Write(POD, 0, b"{}", "u")], {"a": Memo("1")})
    assert store.memory() == {}
    store.commit([Write(POD, 1, b"{}", "u")], {"a": Memo("1")})
    assert store.memory() == {"a": Memo("1")}


def test_facts_are_stored_by_name(store: Store) -> None:
    assert store.meta_get("catalog") is None
    store.meta_put("catalog", "one")
    store.meta_put("catalog", "two")
    assert store.meta_get("catalog") == "two"


def test_the_first_writer_of_a_fact_wins(store: Store) -> None:
    assert store.meta_put_absent("settings", "first") == "first"
    assert store.meta_put_absent("settings", "second") == "first"
    assert store.meta_get("settings") == "first"


def test_a_fork_lives_its_own_life(store: Store) -> None:
    put(store, POD, b"1")
    store.remember({"a": Memo("1")})
    fork = store.fork()
    assert fork.get(POD) == store.get(POD)
    assert fork.memory() == store.memory()
    put(fork, POD, b"2")
    put(store, POD, b"3")
    again = fork.fork()
    assert [s.get(POD).value for s in (store, fork, again)] == [b"3", b"2", b"2"]  # type: ignore[union-attr]
    again.close()
    fork.close()
