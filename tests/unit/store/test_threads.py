"""Threads of one process share a store."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kctl.store.store import Store
from kctl.store.types import Conflict, Key, StoreError, Write

from .writing import POD, pod, put

COUNTER = Key("configmaps", "default", "counter")


def test_threads_that_retry_on_conflict_lose_no_update(store: Store) -> None:
    put(store, COUNTER, b"0")

    def add(times: int) -> None:
        for _ in range(times):
            while True:
                record = store.get(COUNTER)
                assert record is not None
                value = b"%d" % (int(record.value) + 1)
                try:
                    store.write([Write(COUNTER, record.revision, value, "u")])
                except Conflict:
                    continue
                break

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, [30] * 6))
    assert store.get(COUNTER).value == b"180"  # type: ignore[union-attr]


def test_a_list_sees_whole_transactions_only(store: Store) -> None:
    done = threading.Event()

    def write_pairs() -> None:
        for number in range(60):
            pair = [f"a{number}", f"b{number}"]
            store.write([Write(pod(name), 0, b"{}", "u") for name in pair])
        done.set()

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(write_pairs)
        while not done.is_set() and not writing.done():
            page = store.list("pods")
            assert len(page.records) % 2 == 0
            assert page.revision == max((r.revision for r in page.records), default=0)
        writing.result()


def test_a_reader_does_not_wait_for_the_writers_queue(path: Path, store: Store) -> None:
    """Another process writes for long; a thread of this one waits for its turn, and a
    second thread reads on."""
    put(store, POD)
    with Store.open(path) as other, ThreadPoolExecutor(1) as pool:
        with other._session.writing():
            waiting = pool.submit(put, store, pod("second"))
            time.sleep(0.05)
            started = time.monotonic()
            assert store.get(POD) is not None
            assert time.monotonic() - started < 1.0
            assert not waiting.done()
        assert waiting.result(timeout=10) == 2


def test_reads_beside_wait_for_no_write(store: Store) -> None:
    """A thread of this process is in the middle of a transaction, its disk is slow."""
    put(store, POD, b"old")
    store.read_beside()
    store.read_beside()  # once is enough
    with ThreadPoolExecutor(1) as pool, store._session.writing():
        store._session.connection.execute("UPDATE current SET uid = 'other'")
        found = pool.submit(store.get, POD).result(timeout=10)
        assert found is not None and (found.value, found.uid) == (b"old", "uid-of-web")
        assert pool.submit(store.list, "pods").result(timeout=10).records == [found]
        assert pool.submit(store.revision).result(timeout=10) == 1
    assert put(store, POD, b"new") == 2
    assert store.get(POD).value == b"new"  # type: ignore[union-attr]


def test_a_copy_in_memory_reads_where_it_writes(store: Store) -> None:
    with store.fork() as copy, pytest.raises(StoreError, match="one connection"):
        copy.read_beside()
