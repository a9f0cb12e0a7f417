"""Threads that wait for one disk share its flush, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kctl.store.errors import DiskFull
from kctl.store.store import Store
from kctl.store.together import MOST
from kctl.store.types import Conflict, Key, Write

from .writing import pod, put


@pytest.fixture
def began(store: Store) -> list[str]:
    """The transactions and savepoints that the store asks for from now on."""
    said: list[str] = []
    real = store._session.command

    def command(text: str) -> None:
        said.append(text)
        real(text)

    store._session.command = command  # type: ignore[method-assign]
    return said


@contextmanager
def held(store: Store, path: Path, threads: int) -> Iterator[Callable[..., Future[Any]]]:
    """Submits work to threads that come to the database while somebody else has it: the first
    one waits for the database, those after it for the first."""
    with (
        ThreadPoolExecutor(threads) as pool,
        Store.open(path) as other,
        other._session.writing(),
    ):

        def submit(work: Callable[..., Any], *args: Any) -> Future[Any]:
            before = len(store._together._waiting)
            future = pool.submit(work, *args)
            deadline = time.monotonic() + 10
            while len(store._together._waiting) == before and time.monotonic() < deadline:
                time.sleep(0.001)
            return future

        yield submit


def test_those_that_wait_are_written_in_one_transaction(
    store: Store, path: Path, began: list[str]
) -> None:
    with held(store, path, 9) as submit:
        futures = [submit(put, store, pod(f"p{number}")) for number in range(9)]
    assert sorted(each.result() for each in futures) == list(range(1, 10))
    assert began.count("BEGIN IMMEDIATE") == 1 and began.count("COMMIT") == 1
    assert [change.revision for change in store.changes(0)] == list(range(1, 10))


def test_each_keeps_its_own_fate(store: Store, path: Path) -> None:
    put(store, pod("taken"))
    with held(store, path, 3) as submit:
        first = submit(put, store, pod("a"))
        refused = submit(store.write, [Write(pod("b"), 0, b"{}", "u"), Write(pod("taken"), 0, b"")])
        last = submit(put, store, pod("c"))
    with pytest.raises(Conflict) as caught:
        refused.result()
    assert caught.value.key == pod("taken") and caught.value.current == 1
    assert {first.result(), last.result()} == {2, 3}
    assert [record.key.name for record in store.list("pods").records] == ["a", "c", "taken"]


def test_a_defect_of_one_is_told_to_it_alone(store: Store, path: Path) -> None:
    with held(store, path, 2) as submit:
        good = submit(put, store, pod("a"))
        bad = submit(store.write, [Write(pod("b"), 0, "no bytes", object())])  # type: ignore[arg-type]
    assert good.result() == 1
    with pytest.raises(Exception, match=r"."):
        bad.result()
    assert store.get(pod("b")) is None and put(store, pod("b")) == 2


def test_what_ends_the_transaction_ends_it_for_all_that_share_it(
    store: Store, path: Path, began: list[str]
) -> None:
    real, full = store._session.command, threading.Event()

    def command(text: str) -> None:
        if text == "COMMIT" and not full.is_set():
            full.set()
            raise DiskFull("here")
        real(text)

    store._session.command = command  # type: ignore[method-assign]
    with held(store, path, 3) as submit:
        futures = [submit(put, store, pod(f"p{number}")) for number in range(3)]
    for each in futures:
        with pytest.raises(DiskFull):
            each.result()
    assert store.revision() == 0 and put(store, pod("after")) == 1


class Signal(BaseException):
    pass


def test_a_signal_to_one_thread_leaves_the_others_theirs(
    store: Store, path: Path, began: list[str]
) -> None:
    """Those before it in the transaction begin anew: what they wrote, and what they were
    refused, is forgotten."""
    tried: list[str] = []

    def refused_once(now: float) -> list[int]:
        tried.append("refused")
        if len(tried) == 1:
            raise Conflict(pod("p0"), 0, 1)
        return []

    real, signalled = store._session.command, threading.Event()

    def command(text: str) -> None:
        if text == "COMMIT" and not signalled.is_set():
            signalled.set()
            raise Signal
        real(text)

    with held(store, path, 3) as submit:
        lost = submit(put, store, pod("lost"))
        store._session.command = command  # type: ignore[method-assign]
        other = submit(store._together.run, refused_once)
        last = submit(put, store, pod("last"))
    with pytest.raises(Signal):
        lost.result()
    assert (other.result(), last.result()) == ([], 1)
    assert store.get(pod("lost")) is None and len(tried) == 2


def test_who_is_signalled_while_waiting_writes_nothing(store: Store) -> None:
    class Interrupted:
        def __enter__(self) -> None:
            raise Signal

        def __exit__(self, *error: object) -> None: ...

    turn, store._together._turn = store._together._turn, Interrupted()  # type: ignore[assignment]
    with pytest.raises(Signal):
        put(store, pod("lost"))
    store._together._turn = turn
    assert put(store, pod("next")) == 1 and store.get(pod("lost")) is None


def test_a_database_that_is_not_to_be_had_is_told(store: Store) -> None:
    def command(text: str) -> None:
        raise DiskFull("here")

    real, store._session.command = store._session.command, command  # type: ignore[method-assign]
    with pytest.raises(DiskFull):
        put(store, pod("a"))
    store._session.command = real  # type: ignore[method-assign]
    assert put(store, pod("b")) == 1 and store.get(pod("a")) is None


def test_more_than_one_transaction_holds(store: Store, path: Path, began: list[str]) -> None:
    count = MOST + 3
    with held(store, path, count) as submit:
        futures = [submit(put, store, pod(f"p{number}")) for number in range(count)]
    assert sorted(each.result() for each in futures) == list(range(1, count + 1))
    assert began.count("BEGIN IMMEDIATE") == 2


def test_compaction_leaves_what_is_written_in_the_same_transaction(
    store: Store, path: Path
) -> None:
    store.meta_put("settings", '{"retain-revisions": "1", "retain-seconds": "0"}')
    key = Key("configmaps", "default", "counter")
    for number in range(500):
        put(store, key, b"%d" % number)
    since = store.revision()
    with held(store, path, 30) as submit:
        for number in range(30):
            submit(put, store, pod(f"p{number}"))
    assert len(store.changes(since)) == 30
