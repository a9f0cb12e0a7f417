"""The audit trail: who wrote which revision."""

from __future__ import annotations

import time

import pytest

from kctl.store.store import Store
from kctl.store.types import ClaimTaken, Key

from .writing import POD, drop, pod, put


def trail(store: Store, **which: str) -> list[tuple[int, str, str, str]]:
    return [(each.revision, each.verb, each.key.name, each.author) for each in store.trail(**which)]


def test_only_what_somebody_signed_is_told(store: Store) -> None:
    put(store, pod("quiet"))
    store.author = lambda: "ann"
    first = put(store, POD)
    second = put(store, POD, b"2")
    store.author = lambda: "bob"
    third = drop(store, POD)
    fourth = put(store, POD)
    assert trail(store) == [
        (fourth, "create", "web", "bob"),
        (third, "delete", "web", "bob"),
        (second, "update", "web", "ann"),
        (first, "create", "web", "ann"),
    ]


def test_it_can_be_asked_for_one_object_and_for_the_newest(store: Store) -> None:
    store.author = lambda: "ann"
    put(store, POD)
    put(store, pod("web", "other"))
    put(store, Key("nodes", "", "web"))
    last = put(store, POD, b"2")
    assert {name for _, _, name, _ in trail(store)} == {"web"}
    assert len(trail(store, resource="pods")) == 3
    assert len(trail(store, resource="pods", namespace="default", name="web")) == 2
    assert [each.revision for each in store.trail(limit=1)] == [last]


def test_it_is_forgotten_with_the_log(store: Store) -> None:
    store.author = lambda: "ann"
    put(store, POD)
    put(store, POD, b"2")
    last = put(store, POD, b"3")
    store.compact(1, 3600.0, time.time())
    assert [each.revision for each in store.trail()] == [last]


def test_a_write_that_fails_leaves_no_trace(store: Store) -> None:
    put(store, POD, claims=("ip/1",))
    store.author = lambda: "ann"
    with pytest.raises(ClaimTaken):
        put(store, pod("other"), claims=("ip/1",))
    assert store.trail() == []
