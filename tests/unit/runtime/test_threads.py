"""Threads that no process waits for when it ends."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from kctl.runtime.threads import Threads


def test_results_come_in_order_and_failures_to_who_asks() -> None:
    with Threads(2) as pool:
        assert list(pool.map(lambda each: each * 2, range(20))) == [2 * n for n in range(20)]
        failing = pool.submit(int, "x")
        with pytest.raises(ValueError, match="invalid literal"):
            failing.result(10)


def test_no_more_run_at_once_than_was_said() -> None:
    pool, gate, begun = Threads(3), threading.Event(), threading.Semaphore(0)

    def action() -> None:
        begun.release()
        gate.wait(10)

    futures = [pool.submit(action) for _ in range(7)]
    for _ in range(3):
        assert begun.acquire(timeout=10)
    assert not begun.acquire(timeout=0.05)
    gate.set()
    for each in futures:
        each.result(10)


def test_what_had_not_begun_is_cancelled_and_later_calls_as_well() -> None:
    pool, gate, begun = Threads(1), threading.Event(), threading.Event()
    running = pool.submit(lambda: (begun.set(), gate.wait(10)))
    waiting = pool.submit(int, "1")
    assert begun.wait(10)
    pool.close()
    assert waiting.cancelled()
    assert pool.submit(int, "1").cancelled()
    gate.set()
    assert running.result(10)


def test_a_process_ends_though_one_of_them_hangs() -> None:
    program = """
import threading
from kctl.runtime.threads import Threads
begun = threading.Event()
Threads(2).submit(lambda: (begun.set(), threading.Event().wait()))
begun.wait()
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "done\n"
