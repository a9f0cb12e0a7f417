"""Watching the log, and forgetting it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from kctl.store.retention import EVERY
from kctl.store.store import Store
from kctl.store.types import Change, Compacted, Key, StoreError, Write

from .writing import POD, drop, pod, put


def test_changes_tell_what_happened(store: Store) -> None:
    first = put(store, POD, b"1")
    second = put(store, POD, b"2")
    third = drop(store, POD)
    uid = "uid-of-web"
    assert store.changes(0) == [
        Change("ADDED", POD, first, uid, b"1", None),
        Change("MODIFIED", POD, second, uid, b"2", b"1"),
        Change("DELETED", POD, third, uid, b"2", None),
    ]


def test_a_watch_resumes_where_it_stopped(store: Store) -> None:
    first = put(store, pod("a"))
    put(store, Key("services", "default", "s"))
    put(store, pod("b", "other"))
    assert [change.key.name for change in store.changes(first)] == ["s", "b"]
    assert [change.key.name for change in store.changes(0, resource="pods")] == ["a", "b"]
    assert [change.key.name for change in store.changes(0, namespace="default")] == ["a", "s"]
    assert [c.key.name for c in store.changes(0, resource="pods", namespace="other")] == ["b"]
    assert [change.key.name for change in store.changes(0, limit=2)] == ["a", "s"]
    assert store.changes(store.revision()) == []


def test_a_change_after_the_compaction_still_knows_what_it_replaced(store: Store) -> None:
    put(store, POD, b"1")
    put(store, POD, b"2")
    put(store, POD, b"3")
    last = drop(store, POD)
    assert store.compact(2, 1e9, 0.0) == 1
    assert [(c.type, c.value, c.previous) for c in store.changes(last - 2)] == [
        ("MODIFIED", b"3", b"2"),
        ("DELETED", b"3", None),
    ]
    with pytest.raises(Compacted):
        store.changes(last - 3)


def test_compaction_keeps_what_lives_and_the_newest_row(store: Store) -> None:
    old = put(store, pod("old"), b"old")
    for _ in range(5):
        put(store, POD)
    last = drop(store, POD)
    store.compact(1, 1e9, 0.0)
    assert store.revision() == last
    assert store.get(pod("old")).revision == old  # type: ignore[union-attr]
    assert [record.key.name for record in store.list("pods", revision=last - 1).records] == [
        "old",
        "web",
    ]
    put(store, POD)
    assert store.revision() == last + 1


def test_compaction_forgets_by_age(path: Path) -> None:
    times = iter([100.0, 200.0, 300.0, 400.0])
    with Store.open(path, clock=lambda: next(times)) as store:
        for number in range(4):
            put(store, POD, b"%d" % number)
        assert store.compact(1000, 150.0, 400.0) == 1
        with pytest.raises(Compacted) as caught:
            store.changes(1)
        assert caught.value.oldest == 2
        assert [change.value for change in store.changes(2)] == [b"2", b"3"]


def test_writing_keeps_the_log_within_its_settings(store: Store) -> None:
    store.meta_put("settings", '{"retain-revisions": "50"}')
    for start in range(0, 10 * EVERY, 64):
        store.write([Write(pod(f"p{start + n}"), 0, b"{}", "u") for n in range(64)])
        store.write([Write(pod(f"p{start + n}"), start * 2 + n + 1, None) for n in range(64)])
    (kept,) = store._session.connection.execute("SELECT count(*) FROM revisions").fetchone()
    assert kept <= 50 + 2 * EVERY


def test_a_retention_that_is_no_number_is_named(store: Store) -> None:
    store.meta_put("settings", '{"retain-seconds": "a day"}')
    with pytest.raises(StoreError, match='the setting "retain-seconds" is not a number: "a day"'):
        store.write([Write(pod(f"p{number}"), 0, b"{}", "u") for number in range(EVERY)])
    assert store.revision() == 0


def test_a_wait_ends_when_another_process_writes(path: Path, store: Store) -> None:
    with Store.open(path) as other:
        writer = threading.Timer(0.1, put, (other, POD))
        started = time.monotonic()
        writer.start()
        assert store.wait(0, 10.0)
        assert time.monotonic() - started < 5.0
        writer.join()


def test_a_wait_ends_when_another_thread_writes(store: Store) -> None:
    writer = threading.Timer(0.1, put, (store, POD))
    writer.start()
    assert store.wait(0, 10.0)
    writer.join()


def test_a_wait_in_vain_ends_in_time(store: Store) -> None:
    put(store, POD)
    started = time.monotonic()
    assert not store.wait(store.revision(), 0.15)
    assert 0.14 <= time.monotonic() - started < 2.0


def test_waiting_costs_next_to_no_processor_time(store: Store) -> None:
    before = time.process_time()
    store.wait(store.revision(), 0.5)
    assert time.process_time() - before < 0.1
