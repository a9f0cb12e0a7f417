"""A writer that is killed loses nothing that it was told is written.

Writers are forked (a fresh interpreter would take 0.3 s of each of the hundreds of
lives), write as fast as they can, acknowledge through a pipe, and get a real SIGKILL
after a random time: while opening, inside a transaction, at a checkpoint, in a
compaction. Two write at a time, so one also dies while the other goes on.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from kctl.store.store import Store
from kctl.store.types import Key, Memo, Write

LIVES = 300
SECONDS = 60.0
ROOT = Path(__file__).parents[3]


DISAGREEING = (
    """SELECT count(*) FROM current LEFT JOIN revisions ON revisions.id = current.revision
    WHERE revisions.value IS NULL OR revisions.name <> current.name""",
    """SELECT count(*) FROM refs LEFT JOIN current USING (resource, namespace, name)
    WHERE current.refs IS NULL OR instr(current.refs, refs.ref) = 0""",
    "SELECT (SELECT count(*) FROM refs) - (SELECT count(*) FROM current)",
)
"""Each counts what one table says and another does not."""


def write_until_killed(path: Path, name: str, acknowledge: int) -> None:
    """The child's whole life. Every write carries a serial number in the object's value
    and in a memo of the same transaction."""
    chance = random.Random(name)
    store = Store.open(path)
    serial = 0
    while True:
        serial += 1
        key = Key("pods", "default", f"{name}-{serial % 7}")
        record = store.get(key)
        value = b"%d " % serial + b"x" * chance.randrange(6000)
        if record is not None and serial % 11 == 0:
            value = None
        (revision,) = store.commit(
            [Write(key, record.revision if record else 0, value, "u", refs=("all",))]
            if record is not None or value is not None
            else [],
            {name: Memo(str(serial))},
        )
        os.write(acknowledge, b"%d %d\n" % (serial, revision))


def start(path: Path, name: str) -> tuple[int, int]:
    """(pid, the end of the pipe that its acknowledgements come out of)"""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(out)
            write_until_killed(path, name, into)
        finally:
            os._exit(1)
    os.close(into)
    return pid, out


def drain(out: int) -> list[tuple[int, int]]:
    with os.fdopen(out, "rb") as pipe:
        lines = pipe.read().splitlines()
    return [(int(serial), int(revision)) for serial, revision in map(bytes.split, lines)]


def check(path: Path, name: str, acknowledged: list[tuple[int, int]]) -> None:
    """The memo and the log hold at least what was acknowledged, at most one write more
    (killed between the commit and the acknowledgement), and never half of one."""
    with Store.open(path) as store:
        memo = store.memory().get(name)
        serial = int(memo.value) if memo else 0
        last, revision = acknowledged[-1] if acknowledged else (0, 0)
        assert serial in (last, last + 1)
        assert store.revision() >= revision
        newest = max(
            (
                int(record.value.split(b" ")[0])
                for record in store.list("pods").records
                if record.key.name.startswith(f"{name}-")
            ),
            default=0,
        )
        # The newest write may have been a deletion, which leaves no value behind.
        assert newest == serial or (serial % 11 == 0 and newest == serial - 1)
        logged = {change.revision for change in store.changes(store_floor(store))}
        assert {number for _, number in acknowledged if number > store_floor(store)} <= logged


def store_floor(store: Store) -> int:
    return int(store.meta_get("compacted") or 0)


def integrity(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for disagreeing in DISAGREEING:
            assert connection.execute(disagreeing).fetchone() == (0,)
    finally:
        connection.close()


def test_hundreds_of_kills_lose_no_acknowledged_write(tmp_path: Path) -> None:
    path = tmp_path / "kctl.db"
    chance = random.Random(20)
    with Store.open(path) as store:
        store.meta_put("settings", '{"retain-revisions": "300"}')
    started, lives, writes = time.monotonic(), 0, 0
    while lives < LIVES and time.monotonic() - started < SECONDS:
        names = [f"w{lives}", f"w{lives + 1}"]
        running = [start(path, name) for name in names]
        for pid, _ in running:
            time.sleep(chance.uniform(0.0, 0.06))
            os.kill(pid, signal.SIGKILL)
        for (pid, out), name in zip(running, names, strict=True):
            _, status = os.waitpid(pid, 0)
            assert os.WTERMSIG(status) == signal.SIGKILL
            acknowledged = drain(out)
            writes += len(acknowledged)
            check(path, name, acknowledged)
        integrity(path)
        lives += 2
    assert lives >= 200
    assert writes > lives


def test_a_database_killed_while_it_is_made_can_be_opened(tmp_path: Path) -> None:
    chance = random.Random(21)
    for number in range(60):
        path = tmp_path / f"{number}" / "kctl.db"
        pid, out = start(path, "w")
        time.sleep(chance.uniform(0.0, 0.03))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        check(path, "w", drain(out))
        integrity(path)


def test_a_killed_command_leaves_the_next_one_no_lock(tmp_path: Path) -> None:
    """A separate program this time, killed while it holds the writers' lock."""
    path = tmp_path / "kctl.db"
    script = (
        "import sys; from kctl.store.store import Store\n"
        "store = Store.open(sys.argv[1])\n"
        "with store._session.writing():\n"
        "    print('holding', flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    process.kill()
    process.communicate()
    started = time.monotonic()
    with Store.open(path) as store:
        store.meta_put("alive", "yes")
    assert time.monotonic() - started < 2.0
