"""Eight processes that all write: everyone gets a turn."""

from __future__ import annotations

import os
import time
from pathlib import Path

from kctl.store.store import Store
from kctl.store.types import Key, Write

WRITERS = 8
SECONDS = 3.0


def write_for_a_while(path: Path, name: str, begin: float, report: int) -> None:
    store = Store.open(path)
    time.sleep(max(begin - time.monotonic(), 0.0))
    written, slowest, end = 0, 0.0, begin + SECONDS
    while time.monotonic() < end:
        before = time.monotonic()
        store.write([Write(Key("pods", name, f"p{written}"), 0, b"x" * 1000, "u")])
        slowest = max(slowest, time.monotonic() - before)
        written += 1
    os.write(report, f"{written} {slowest}".encode())


def test_of_eight_writers_none_starves(tmp_path: Path) -> None:
    path = tmp_path / "kctl.db"
    Store.open(path).close()
    begin = time.monotonic() + 0.5
    children = []
    for number in range(WRITERS):
        out, into = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                write_for_a_while(path, f"w{number}", begin, into)
            finally:
                os._exit(0)
        os.close(into)
        children.append((pid, out))
    reports = []
    for pid, out in children:
        with os.fdopen(out, "rb") as pipe:
            written, slowest = pipe.read().split()
        os.waitpid(pid, 0)
        reports.append((int(written), float(slowest)))
    counts = [written for written, _ in reports]
    print(f"writes {sorted(counts)}, slowest {max(slowest for _, slowest in reports):.3f} s")
    with Store.open(path) as store:
        assert store.revision() == sum(counts)
        assert len(store.list("pods").records) == sum(counts)
    assert min(counts) >= max(counts) / 3
    assert max(slowest for _, slowest in reports) < SECONDS / 3
