"""kctl and the real kubectl beside each other, on copies of one store."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kctl.plugins.manager import load
from kctl.reconcile.plane import Plane
from kctl.store.store import Store
from tests.oracle.server import serving

KUBECTL = Path(sys.executable).parent / "kubectl"
TIMEOUT = 20


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def run(program: list[str], line: str | list[str], env: dict[str, str], stdin: str = "") -> Ran:
    """One command, bounded in time."""
    words = shlex.split(line) if isinstance(line, str) else line
    done = subprocess.run(
        [*program, *words],
        input=stdin.encode(),
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **env},
        timeout=TIMEOUT,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def renamed(ran: Ran) -> Ran:
    """kubectl's name replaced by kctl's in what it says to people."""
    return ran._replace(err=re.sub(r"\bkubectl\b(?!\.kubernetes)", "kctl", ran.err))


class Sides:
    """One store for kctl, a copy of it behind an API server for kubectl."""

    def __init__(self, home: Path, kubeconfig: Path) -> None:
        self.home, self.kubeconfig = home, kubeconfig

    def kctl(self, line: str | list[str], stdin: str = "") -> Ran:
        env = {"KCTL_HOME": str(self.home), "KCTL_LOCAL_HOST": "none"}
        return run([sys.executable, "-m", "kctl"], line, env, stdin)

    def kubectl(self, line: str | list[str], stdin: str = "") -> Ran:
        env = {"KUBECONFIG": str(self.kubeconfig)}
        return run([str(KUBECTL), "--cache-dir", str(self.kubeconfig.parent)], line, env, stdin)

    def both(self, line: str | list[str], stdin: str = "") -> tuple[Ran, Ran]:
        return self.kctl(line, stdin), renamed(self.kubectl(line, stdin))


@contextmanager
def sides(world: Path, folder: Path) -> Iterator[Sides]:
    """Two fresh copies of `world`. Nothing reconciles them: this process holds the lease
    as a watcher would, so that a command only reads and writes."""
    ours, theirs = folder / "kctl", folder / "kubectl"
    for home in (ours, theirs):
        shutil.copytree(world, home)
    with Store.open(ours / "kctl.db") as store, _held(store):
        served = Plane(theirs, Store.open(theirs / "kctl.db"), load(theirs), warn=lambda text: None)
        with served, serving(served.api, served.kinds, folder) as kubeconfig:
            yield Sides(ours, kubeconfig)


@contextmanager
def _held(store: Store) -> Iterator[None]:
    from kctl.reconcile.lease import ReconcileLease

    lease = ReconcileLease(store, "watch")
    assert lease.acquire()
    stopped = threading.Event()

    def renew() -> None:
        while not stopped.wait(1.0):
            lease.renew()

    thread = threading.Thread(target=renew)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        lease.release()
