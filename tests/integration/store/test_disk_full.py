"""A disk without room: a clear message, nothing lost, and on it goes once there is room.

The limit is a real one: the kernel refuses to let the process's files grow
(RLIMIT_FSIZE), or a tmpfs of one megabyte is full.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kctl.store.store import Store
from kctl.store.types import DiskFull, Key, StoreError, Write


def fill(store: Store) -> None:
    """Write until it is refused."""
    for _ in range(10_000):
        key = Key("pods", "a", f"p{store.revision()}")
        store.write([Write(key, 0, b"x" * 5000, "u")])


def in_child(work: Callable[[], str]) -> str:
    """Run in a fork (limits cannot be raised again) and return what it says."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(into, work().encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "kctl.db"

    def work() -> str:
        store = Store.open(path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        try:
            fill(store)
        except StoreError as error:
            return f"{store.revision()}\n{error}"
        return "never refused"

    acknowledged, message = in_child(work).split("\n")
    assert message.startswith(f'cannot write to the database "{path}": ')
    with Store.open(path) as store:
        assert store.revision() == int(acknowledged) > 0
        assert len(store.list("pods").records) == int(acknowledged)
        store.write([Write(Key("pods", "a", "after"), 0, b"x", "u")])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "kctl-test", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "kctl.db"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 300_000)
    with Store.open(path) as store:
        with pytest.raises(DiskFull) as caught:
            fill(store)
        assert str(caught.value) == (
            f'cannot write to the database "{path}": no space left on device'
        )
        acknowledged = store.revision()
        assert len(store.list("pods").records) == acknowledged > 0
        with pytest.raises(DiskFull):
            fill(store)
        ballast.unlink()
        store.write([Write(Key("pods", "a", "after"), 0, b"x" * 5000, "u")])
        assert store.revision() == acknowledged + 1


def test_a_new_database_on_a_full_disk(small_disk: Path) -> None:
    with (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"x" * 4096) == 4096:
            if os.statvfs(small_disk).f_bavail == 0:
                break
    with pytest.raises(StoreError, match="no space left on device"):
        Store.open(small_disk / "kctl.db")
